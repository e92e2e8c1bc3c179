"""Profile: tables, questions and transforms."""

import collections.abc
import cProfile
import copy
import os
import pathlib
import pickle
import warnings

import pytest

import profconv


@pytest.fixture
def profile(dump):
    return profconv.read(dump)


def test_tables_are_sequences(profile):
    functions = profile.functions
    assert isinstance(functions, collections.abc.Sequence)
    assert functions[-1] == functions[len(functions) - 1]
    assert [f.index for f in functions[2:10:3]] == [2, 5, 8]
    assert [f.index for f in functions[10:2:-3][1:]] == [7, 4]
    assert list(functions[5:5]) == []
    assert functions[3] in functions and functions.index(functions[3]) == 3 and functions.count(functions[3]) == 1
    assert [f.index for f in reversed(functions)][:2] == [len(functions) - 1, len(functions) - 2]
    assert len(list(functions)) == len(functions)
    for wrong in (len(functions), -len(functions) - 1, 10**30):
        with pytest.raises(IndexError):
            functions[wrong]
    with pytest.raises(TypeError, match="integers or slices, not str"):
        functions["0"]


def test_tables_are_equal_when_their_rows_are(profile, dump, recursion):
    other = profconv.read(dump)
    assert (other.functions == other.functions[:]) is True and (other.functions != other.functions) is False
    for name in ("functions", "calls", "lines", "samples", "metrics", "sources"):
        table, same = getattr(profile, name), getattr(other, name)
        assert table == same == pickle.loads(pickle.dumps(table)) == copy.copy(table)
        with pytest.raises(TypeError, match="unhashable"):
            hash(table)
    functions = profile.functions
    assert functions[2:8] == other.functions[2:8] == pickle.loads(pickle.dumps(functions[2:8])) != functions[2:9]
    assert functions[2:8] != functions[3:9] and functions[::-1] != functions and functions[::-1][::-1] == functions
    assert functions[3:3] == functions[7:2] and functions[3:4] == functions[3:2:-1]
    assert functions[:2] != profile.calls[:2] and functions != list(functions)
    assert functions[:5] != profconv.read(recursion).functions[:5]


def test_a_profile_and_its_rows_are_pickled_once(profile):
    alone = len(pickle.dumps(profile))
    for together in ([profile, profile.functions], [profile.calls[2:5], profile, profile.functions[1]], [profile, profile]):
        data = pickle.dumps(together)
        assert len(data) < alone + 1000 and pickle.loads(data) == together


def test_rows_show_themselves(profile):
    function = profile.find("edit_distance")[0]
    assert repr(function).startswith("Function(index=16, name='edit_distance'")
    assert str(function) == f"{function}" == "edit_distance" and f"{function:>20}|" == " " * 7 + "edit_distance|"
    assert function._asdict()["calls"] == function.calls == 1848
    assert function.self_costs == {"time": function.self} and function.total_costs == {"time": function.total}
    assert repr(profile.metrics[0]) == "Metric(name='time', unit='ns', combine='sum')"
    with pytest.raises(AttributeError):
        function.calls = 3


def test_rows_lead_on(profile):
    function = profile.find("edit_distance")[0]
    callers = {call.caller.name: call.calls for call in function.callers}
    assert callers == {"suggest": 44, "<lambda>": 1804}
    assert profile.callers("edit_distance") == profile.callers(16) == profile.callers(function) == function.callers
    assert all(call.caller == function for call in profile.callees(function))
    assert {call.index for f in profile.functions for call in f.callers} == set(range(len(profile.calls)))
    assert {call.index for f in profile.functions for call in f.callees} == set(range(len(profile.calls)))
    assert function.lines == []


def test_a_function_of_another_profile_is_found_by_what_it_is(profile, dump):
    other = profconv.read(dump).find("suggest")[0]
    assert [call.callee.name for call in profile.callees(other)] == [call.callee.name for call in other.callees]


def test_names_that_do_not_say_one_function_are_refused(profile):
    with pytest.raises(profconv.Error, match="no function 'nothing'"):
        profile.callers("nothing")
    with pytest.raises(profconv.Error, match="functions are called '<lambda>'"):
        profile.callers("<lambda>")
    with pytest.raises(TypeError, match="expected a Function, an int or a str, found float"):
        profile.callers(1.0)
    with pytest.raises(profconv.Error, match="no function 1000000"):
        profile.callers(10**6)


def test_top(profile):
    by_self = profile.top(3, "self")
    assert [f.self for f in by_self] == sorted((f.self for f in profile.functions), reverse=True)[:3]
    assert [f.total for f in profile.top()] == sorted((f.total for f in profile.functions), reverse=True)[:10]
    assert len(profile.top(10**9, by="calls")) == len(profile.functions)
    assert profile.top(0) == []
    with pytest.raises(profconv.Error, match="known are total, self, calls, primitive"):
        profile.top(by="cost")
    with pytest.raises(profconv.Error, match="no 'hits', it has time"):
        profile.top(metric="hits")
    with pytest.raises(profconv.Error, match="no 'nope', it has time"):
        profile.top(1, "calls", "nope")
    with pytest.raises(profconv.Error, match="not negative"):
        profile.top(-1)


def test_total_is_the_sum_of_self(profile):
    assert profile.total == sum(f.self for f in profile.functions)
    assert profile.totals == {"time": profile.total}


def test_find(profile):
    assert [f.name for f in profile.find("edit*")] == ["edit_distance"]
    assert len(profile.find("*")) == len(profile.functions)
    assert profile.find("") == []
    with pytest.raises(profconv.Error, match="the profile has no function ''"):
        profile.callers("")
    assert [f.name for f in profile.find("<built-in method builtins.min>")] == ["<built-in method builtins.min>"]


def test_copies_and_pickles_are_equal(profile):
    assert copy.copy(profile) == profile == copy.deepcopy(profile)
    for rows in (profile.functions, profile.calls[3:40:5], profile.sources, profile.metrics):
        assert copy.copy(rows) is copy.deepcopy(rows) is rows
        row = rows[0]
        assert copy.copy(row) is copy.deepcopy(row) is row
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(profile, protocol)) == profile
    for rows in (profile.functions, profile.calls[3:40:5], profile.calls[40:3:-5], profile.sources, profile.metrics):
        assert list(pickle.loads(pickle.dumps(rows))) == list(rows)
    assert pickle.loads(pickle.dumps(profile.functions[4])) == profile.functions[4]


def test_rows_that_are_pickled_together_hold_their_profile_once(profile):
    one = len(pickle.dumps(profile.functions[0]))
    assert len(pickle.dumps([list(profile.functions), profile.calls, profile.calls[3]])) < 2 * one
    functions, calls = pickle.loads(pickle.dumps([list(profile.functions), profile.calls]))
    assert functions == list(profile.functions) and list(calls) == list(profile.calls)
    assert calls[0].caller == functions[calls[0].caller_index]
    del profile
    assert pickle.loads(pickle.dumps(calls[0])) == calls[0]


def test_source_that_a_report_shows_is_kept_and_compared():
    head = "Timer unit: 1e-09 s\n\nTotal time: 3e-07 s\nFile: {0}.py\nFunction: f at line 1\n\nLine #      Hits         Time  Per Hit   % Time  Line Contents\n"
    row = "     1         3        300.0    100.0    100.0  {1}\n"
    report = lambda file, text: (head + "=" * 62 + "\n" + row).format(file, text).encode()
    one, two = (profconv.read(report("zz", "def f(): go()") + report(name, "def f(): stop()")) for name in ("aa", "ab"))
    assert "def f(): go()" in one.to_text(view="lines") and "def f(): stop()" in one.to_text(view="lines")
    assert pickle.loads(pickle.dumps(one)) == one != two
    assert profconv.read(report("zz", "def f(): go()")) != profconv.read(report("zz", "def f(): run()"))


def test_equality_sees_every_number(recursion):
    profile = profconv.read(recursion)
    dump = profile.to_bytes("dump").decode()
    assert profconv.read(dump.encode()) == profile
    changed = 0
    for line in dump.splitlines():
        head, _, number = line.partition("#")[0].rstrip().rpartition(" ")
        if number.isdecimal() and line.startswith(("function", "call")):
            other = dump.replace(line, f"{head} {int(number) + 1}", 1)
            assert profconv.read(other.encode()) != profile
            changed += 1
    assert changed > 3
    assert profile != 3 and (profile == 3) is False
    with pytest.raises(TypeError):
        hash(profile)


def test_equal_functions_hash_alike(profile, dump):
    again = profconv.read(dump)
    assert set(profile.functions) == set(again.functions)
    assert profile.functions[0] != profile.functions[1] and profile.functions[0] != "parse"


def test_columns_and_records(profile):
    columns, records = profile.to_dict(), profile.to_dict("records")
    assert list(columns) == ["index", "name", "qualified", "file", "line", "context", "calls", "primitive", "self", "total"]
    assert columns["self"] == [f.self for f in profile.functions]
    assert records[7] == {name: values[7] for name, values in columns.items()}
    calls = profile.calls[:5].to_dict("records")
    assert [c["caller"] for c in calls] == [str(c.caller) for c in profile.calls[:5]]
    assert [c["callee_index"] for c in calls] == [c.callee.index for c in profile.calls[:5]]
    assert profile.to_dict(table="lines")["line"] == []
    with pytest.raises(profconv.Error, match="known are list, records"):
        profile.to_dict("rows")
    with pytest.raises(profconv.Error, match="known are functions"):
        profile.to_dict(table="nodes")


def test_several_metrics_and_lines_and_stacks():
    text = b"""profconv dump 1
metric time ns sum
metric hits count sum
source "x" format "line_profiler"
function 0 "main" file "t.py" line 1 self 30 3 total 40 3
function 1 "leaf" file "t.py" line 9 self 10 1 total 10 1
line 0 2 self 30 3
node 0 parent - function 0 line 2
node 1 parent 0 function 1 line 9
labels 1 process "" thread "one" status 1
sample 1 labels 1 cost 10 1
"""
    profile = profconv.read(text)
    assert profile.totals == {"time": 40, "hits": 4} and profile.total == 40
    main = profile.functions[0]
    assert main.self_costs == {"time": 30, "hits": 3} and main.total_costs == {"time": 40, "hits": 3}
    assert main.calls is None
    assert [(line.line, line.self, line.self_costs["hits"], line.total) for line in main.lines] == [(2, 30, 3, None)]
    assert profile.functions.to_dict()["self_hits"] == [3, 1]
    sample = profile.samples[0]
    assert [(str(function), line) for function, line in sample.stack] == [("main", 2), ("leaf", 9)]
    assert (sample.thread, sample.status, sample.cost, sample.costs) == ("one", 1, 10, {"time": 10, "hits": 1})
    assert profile.samples.to_dict("records")[0]["stack"] == "main;leaf"
    assert profile.top(1, "self", metric="hits") == [main]
    assert pickle.loads(pickle.dumps(profile)) == profile
    line = main.lines[0]
    assert main._asdict()["total_costs"] == main.total_costs and line._asdict()["self_costs"] == line.self_costs
    assert sample._asdict()["costs"] == sample.costs
    assert repr(main).endswith(" self=30, total=40, self_costs={'time': 30, 'hits': 3}, total_costs={'time': 40, 'hits': 3})")
    assert repr(sample).endswith(" cost=10, costs={'time': 10, 'hits': 1})")
    changed = profconv.read(text.replace(b"self 30 3", b"self 30 4"))
    assert changed.functions[0] != main and changed.functions[1] == profile.functions[1] and changed.lines[0] != line
    assert profconv.read(text.replace(b"total 40 3", b"total 40 4")).functions[0] != main
    assert profconv.read(text.replace(b"cost 10 1", b"cost 10 2")).samples[0] != sample
    assert list(profile.samples) == list(profconv.read(text).samples) and hash(sample) == hash(profconv.read(text).samples[0])


def test_merge_adds_up(profile, dump, recursion):
    assert profile.merge(dump).total == 2 * profile.total
    both = profconv.merge([dump, recursion, profile])
    assert both.total == 2 * profile.total + profconv.read(recursion).total
    with pytest.raises(profconv.Error, match="at least one"):
        profconv.merge([])


def test_transforms_keep_their_laws(profile):
    folded = profile.fold("builtins", "stdlib")
    assert folded.total == profile.total and len(folded.functions) < len(profile.functions)
    assert profile.fold("*distance").find("edit_distance") == []
    focused = profile.focus("edit_distance", ignore="<lambda>")
    assert {f.name for f in focused.functions} < {f.name for f in profile.functions}
    assert focused.find("<lambda>") == [] and len(focused.find("edit_distance")) == 1
    assert profile.ignore("edit_distance").find("edit_distance") == []
    pruned = profile.prune(functions=50)
    assert 0 < len(pruned.functions) < 10
    assert profile.group("package").total == profile.total
    mapped = profile.map_paths({"wordcount": "elsewhere/wordcount"})
    assert mapped.find("edit_distance")[0].file == "elsewhere/wordcount.py"
    assert profile.map_paths({pathlib.Path("wordcount"): pathlib.Path("elsewhere/wordcount")}) == mapped
    assert profile.map_paths({b"wordcount": pathlib.PurePath("elsewhere/wordcount")}) == mapped
    assert max(f.file.count("/") for f in profile.strip_paths().functions) < max(f.file.count("/") for f in profile.functions)
    assert len(profile.functions) == 209, "the profile itself stays as it was"


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda p: p.fold(""), "empty"),
        (lambda p: p.focus("("), "missing"),
        (lambda p: p.prune(functions=101), "percentage"),
        (lambda p: p.group("folder"), "known are function, file, module, package"),
        (lambda p: p.map_paths({"": "x"}), "empty"),
    ],
)
def test_transforms_refuse_what_makes_no_sense(profile, change, message):
    with pytest.raises(profconv.Error, match=message):
        change(profile)


def test_a_profile_shows_itself(profile):
    assert repr(profile) == "<profconv.Profile: 209 functions, 356 calls, time 21855061 ns>"
    with pytest.raises(TypeError, match="profconv.read"):
        profconv.Profile()


def test_merge_takes_several_profiles(profile, dump):
    for one in (profile, str(dump), os.fsencode(dump), dump, dump.read_bytes(), cProfile.Profile()):
        with pytest.raises(TypeError, match=f"profiles: expected an iterable of profiles, found one {type(one).__name__}; merge\\("):
            profconv.merge(one)
    assert profconv.merge(iter([profile, dump])).total == 2 * profile.total


def test_merge_warns_of_samples_without_a_time():
    def sampled(rest):
        return profconv.read(b"profconv dump 1\n" + rest)

    timed = sampled(b'metric time ns sum\nmetric samples count sum\nfunction 0 "f" file "t.py" line 1 self 10 1 total 10 1\n')
    plain = sampled(b'metric samples count sum\nfunction 0 "f" file "t.py" line 1 self 1 total 1\n')
    with pytest.warns(profconv.ProfileWarning, match="1 of 2 profiles have samples without a time"):
        profconv.merge([timed, plain])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        timed.merge(timed)


def test_fuse_joins_calls_and_lines():
    calls = b"""profconv dump 1
metric time ns sum
source "run.prof" format "pstats"
function 0 "main" file "t.py" line 1 calls 1 primitive 1 self 30 total 100
function 1 "leaf" file "t.py" line 9 calls 2 primitive 2 self 70 total 70
call 0 1 line 0 calls 2 primitive 2 self 70 total 70
"""
    lines = b"""profconv dump 1
metric time ns sum
metric hits count sum
source "run.lprof" format "line_profiler"
function 0 "main" file "t.py" line 1 self 200 4 total 200 4
line 0 2 self - 2 total 40 -
line 0 3 self - 2 total 160 -
"""
    said = []
    profile = profconv.read(calls)
    fused = profile.fuse(lines, lines=said, sources=False)
    main = fused.find("main")[0]
    assert (main.calls, main.self, main.total) == (1, 30, 100)
    assert sum(line.self for line in main.lines) == 30
    assert [line.self_costs["hits"] for line in main.lines] == [2, 2]
    assert [call.line for call in main.callees] == [3], "the call stands on the line that is long enough for it"
    (leaf,) = fused.find("leaf")
    assert leaf.self_costs["hits"] is None, "no line profiler saw it, which is not 0 hits"
    assert fused.to_dict()["self_hits"] == [4, None]
    assert any("main" in line for line in said)
    assert profile.fuse() == profile
    with pytest.raises(TypeError, match="sources: expected True or False"):
        profile.fuse(lines, sources="here")
    with pytest.raises(TypeError, match="lines: expected a list, found tuple"):
        profile.fuse(b"not read", lines=())


def test_split_and_sources(samples, tmp_path):
    """A function that calls through another one, itself called the same way, is in no cycle with it."""
    program = tmp_path / "program.py"
    program.write_text("def f(n):\n    return sorted([n], key=g)\n\n\ndef g(n):\n    return sorted([n], key=abs)\n\n\nf(1)\n")
    import cProfile

    profiler = cProfile.Profile()
    profiler.runctx(compile(program.read_text(), str(program), "exec"), names := {}, names)
    profile = profconv.read(profiler)
    located = profile.apply_sources()
    assert located.total == profile.total
    assert [call.line for call in located.callers("f")] == [9]
    assert {call.line for call in profile.callers("f")} == {0}
    split = profile.split()
    assert split.total == profile.total
    name = "<built-in method builtins.sorted>"
    assert len(profile.find(name)) == 1 and len(split.find(name)) == 2
    assert any(function.context for function in split.find(name))
    assert profile.apply_sources([str(tmp_path)], calls=False).callers("f")[0].line == 0


def test_folders_of_sources(tmp_path):
    folder = tmp_path / os.fsdecode(b"caf\xe9")  # a name of a file system, no UTF-8
    folder.mkdir()
    (folder / "program.py").write_text("def leaf():\n    pass\n\n\ndef main():\n    leaf()\n")
    calls = b"""profconv dump 1
metric time ns sum
source "run.prof" format "pstats"
function 0 "main" file "/gone/program.py" line 5 calls 1 primitive 1 self 30 total 100
function 1 "leaf" file "/gone/program.py" line 1 calls 2 primitive 2 self 70 total 70
call 0 1 line 0 calls 2 primitive 2 self 70 total 70
"""
    profile = profconv.read(calls)
    assert profile.apply_sources(tmp_path).calls[0].line == 0
    for folders in (folder, str(folder), os.fsencode(folder), [folder], (tmp_path, str(folder))):
        assert profile.apply_sources(folders).calls[0].line == 6
    for wrong in (7, [7]):
        with pytest.raises(TypeError, match="source_dirs: expected a str, bytes or os.PathLike.*, found int"):
            profile.apply_sources(wrong)


def test_names_that_are_no_utf_8_can_be_given_back():
    """A byte stands in a str as a lone surrogate, and so does what marshal wrote of one."""
    other_bytes = profconv.read(b"main \xc3\xa9;ma\xffin 3\nmain \xc3\xa9;rest 2\n", format="collapsed")
    surrogates = profconv.read(b"main;ma\xed\xb3\xbfin 3\nmain;rest 2\n", format="collapsed")
    for profile in (other_bytes, surrogates):
        (name,) = [f.name for f in profile.functions if f.name.startswith("ma\udcff")]
        assert name == "ma\udcffin" and len(profile.find(name)) == 1
        assert not profile.fold(name).find(name)
        assert not profile.ignore(name).find(name) and profile.focus(name).find(name)
        assert profile.to_dot(leaf=name).count("label=") and "rest" not in profile.to_dot(leaf=name)
        assert profile.to_text(pattern=name, view="peek")
    dump = b'profconv dump 1\nmetric time ns sum\nfunction 0 "f" file "%s/a.py" line 1 self 1 total 1\n'
    for path in (b"/caf\\xe9", b"/caf\\xed\\xb3\\xa9"):
        profile = profconv.read(dump % path)
        file = profile.functions[0].file
        assert file == "/caf\udce9/a.py"
        assert profile.map_paths({"/caf\udce9": "/x"}).functions[0].file == "/x/a.py"


def sampled():
    return profconv.read(b"main;work;leaf 3\nmain;rest 2\n", format="collapsed")


def test_samples_have_hashes():
    first, second = sampled(), sampled()
    assert {hash(s) for s in first.samples} == {hash(s) for s in second.samples} and len(set(first.samples)) == 2
    for table in ("functions", "calls", "lines", "samples", "metrics", "sources"):
        assert [hash(row) for row in getattr(first, table)] == [hash(row) for row in getattr(second, table)]


def test_sampled_profiles_without_samples_survive_pickling():
    with pytest.warns(profconv.ProfileWarning, match="left nothing"):
        none = sampled().ignore("main")
    assert pickle.loads(pickle.dumps(none)) == none and none != sampled()


def test_hints_are_for_people_who_write_python():
    profile = sampled()
    with pytest.raises(profconv.Error, match="hint: Profile.functions shows the names"):
        profile.to_dot(root="nobody")
    with pytest.raises(profconv.Error, match="below the thresholds: node_percent=0 and edge_percent=0 keep all"):
        profile.to_dot(root="*leaf", node_percent=80)
    with pytest.raises(profconv.Error, match="mprof run -T 0.01 samples more often"):
        profconv.read(b"CMDLINE x\n", format="mprof")
    with pytest.raises(profconv.Error, match=r"\(hint: .* makes a profile; format= takes the input for one\)"):
        profconv.read(b"of no format\n")
    with pytest.raises(profconv.Error, match=r"\(hint: format='collapsed' leaves these lines out\)"):
        profconv.read(b"a;b 1\nc;d 2\nno number\n")
