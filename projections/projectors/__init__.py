"""The projections by name, each a pure fold from facts to changes of its read model."""

from projections.projectors import search, tables
from projections.projectors.fold import Fold

PROJECTIONS: dict[str, Fold] = {"tables": tables.fold, "search": search.fold}
