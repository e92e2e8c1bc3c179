"""The declarations of the extension (_core.pyi) name what the extension has, and nothing else."""

import ast

from conftest import source

from profconv import _core

declared = ast.parse((source / "lib/python/profconv/_core.pyi").read_text(encoding="utf-8"))


def public(names):
    return {name for name in names if not name.startswith("_") or name == "_asdict"}


def test_names_of_the_module():
    said = {node.name for node in declared.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    said |= {node.target.id for node in declared.body if isinstance(node, ast.AnnAssign)}
    assert public(said) == public(dir(_core))


def test_names_of_the_classes():
    for node in declared.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and node.name != "Error":
            kind = getattr(_core, node.name)
            if issubclass(kind, tuple(getattr(_core, name) for name in ("Functions", "Calls", "Lines", "Samples", "Metrics", "Sources"))):
                assert public(dir(kind)) == {"index", "count", "to_dict"}
                continue
            said = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
            assert public(said) == public(dir(kind)), node.name


def test_tables_and_their_slices_have_a_name():
    import profconv

    profile = profconv.read(b"profconv dump 1\nmetric time ns sum\n")
    (table,) = (node for node in declared.body if isinstance(node, ast.ClassDef) and node.name == "_Table")
    for name in ("functions", "calls", "lines", "samples", "metrics", "sources"):
        kind = getattr(profconv, name.capitalize())
        assert name.capitalize() in profconv.__all__
        assert type(getattr(profile, name)) is type(getattr(profile, name)[:1]) is kind
    ways = [part for part in table.body if isinstance(part, ast.FunctionDef) and part.name == "__getitem__"]
    assert [(ast.unparse(way.args.args[1].annotation), ast.unparse(way.returns)) for way in ways] == [("int", "_Row"), ("slice", "_Self")]


def test_costs_and_counts_may_be_unknown():
    for node in declared.body:
        for part in node.body if isinstance(node, ast.ClassDef) else []:
            if isinstance(part, ast.FunctionDef) and part.name in ("self", "total", "cost", "calls", "primitive") and node.name != "Profile":
                assert ast.unparse(part.returns) in ("Optional[int]", "Calls"), f"{node.name}.{part.name}"


def test_a_literal_orient_tells_what_to_dict_gives():
    import profconv

    text = (source / "lib/python/profconv/_profile.py").read_text(encoding="utf-8")
    for tree, name in (declared, "_Table"), (ast.parse(text), "Profile"):
        (kind,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
        ways = [part for part in kind.body if isinstance(part, ast.FunctionDef) and part.name == "to_dict" and part.decorator_list]
        assert [ast.unparse(way.args.args[1].annotation) for way in ways] == ["Literal['list']", "Literal['records']", "str"]
        assert [ast.unparse(way.returns).partition("[")[0] for way in ways] == ["Dict", "List", "Union"]
    profile = profconv.read(b"profconv dump 1\nmetric time ns sum\n")
    assert isinstance(profile.to_dict("list"), dict) and isinstance(profile.to_dict("records"), list)


def test_everything_has_a_docstring():
    import profconv

    for name in profconv.__all__:
        assert getattr(profconv, name).__doc__, name
    for kind in (profconv.Profile, profconv.Function, profconv.Call, profconv.Line, profconv.Sample, profconv.Metric, profconv.Source):
        for name in public(dir(kind)) - {"index", "count"}:
            assert getattr(kind, name).__doc__, f"{kind.__name__}.{name}"


def test_importing_in_another_interpreter_leaves_this_one_as_it_is(dump):
    import pytest

    interpreters = pytest.importorskip("_xxsubinterpreters")
    import profconv

    try:
        other = interpreters.create(isolated=False)
    except TypeError:  # Python 3.13 has other names for it
        pytest.skip("no interpreter that shares what extensions have")
    with pytest.raises(interpreters.RunFailedError, match="one interpreter of a process only"):
        interpreters.run_string(other, f"import sys; sys.path[:0] = {__import__('sys').path!r}\nimport profconv")
    interpreters.destroy(other)
    assert profconv.read(dump).functions[0].calls >= 1
    with pytest.raises(profconv.Error):
        profconv.read(b"\0")
