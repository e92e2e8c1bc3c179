"""Graph algorithms with networkx."""

import networkx as nx


def main():
    g = nx.gnp_random_graph(60, 0.1, seed=3)
    print(nx.number_connected_components(g), round(nx.average_clustering(g), 3))
    centrality = nx.betweenness_centrality(g)
    print(max(centrality, key=centrality.get))
    d = nx.DiGraph((u, v, {"weight": (u * 7 + v) % 11 + 1}) for u, v in g.edges)
    print(nx.dag_longest_path_length(d), len(list(nx.topological_sort(d))))
    print(sum(len(p) for p in dict(nx.all_pairs_dijkstra_path(d)).values()))
    print(len(nx.minimum_spanning_tree(g).edges), len(list(nx.find_cliques(g))))
    print(nx.to_dict_of_lists(nx.complete_graph(4)))


main()
