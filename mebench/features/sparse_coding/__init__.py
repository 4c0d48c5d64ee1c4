"""Graph-regularised sparse coding (GraphSC): neighbour graph, codes, dictionary.

Matrices are as in the papers: samples are *columns*, X is (m, n) data, B (m, K) the dictionary
with one atom per column, S (K, n) the codes.
"""

from .codes import graph_codes, neighbour_codes, objective, sparse_codes
from .dictionary import basis_step, learn_dictionary
from .graph import knn_graph

__all__ = [
    "basis_step",
    "graph_codes",
    "knn_graph",
    "learn_dictionary",
    "neighbour_codes",
    "objective",
    "sparse_codes",
]
