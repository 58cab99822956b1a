"""F37: the read tables' server takes new connections and says nothing, as one does that hangs."""

from contextlib import closing
from urllib.parse import urlsplit

import pytest

from projections.readmodel.errors import ReadModelUnreachable
from projections.readmodel.open import open_control
from projections.readmodel.store import Checkpoint
from tests.support.databases import new_database
from tests.support.proxy import Proxy


def test_whoever_opens_a_generation_is_told() -> None:
    with (
        new_database("mariadb") as url,
        Proxy("127.0.0.1", urlsplit(url).port or 3306) as proxy,
        closing(open_control(proxy.through(url))) as control,
    ):
        live = control.projection("tables").live
        proxy.black_hole()
        with pytest.raises(ReadModelUnreachable):
            control.generation("tables", live, must_be_live=True)
        with (
            closing(open_control(proxy.through(url), secret=control.secret)) as other,
            pytest.raises(ReadModelUnreachable),
        ):
            other.reported("tables")
        proxy.heal()
        with closing(control.generation("tables", live, must_be_live=True)) as generation:
            assert generation.checkpoint() == Checkpoint()
