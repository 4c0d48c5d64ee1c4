import io
import logging

from mebench.cli.console import verbose


def test_the_log_goes_where_standard_error_leads(monkeypatch):
    log = logging.getLogger("mebench")
    monkeypatch.setattr(log, "handlers", list(log.handlers))
    verbose()
    verbose()
    for _ in range(2):  # the first is closed when the second is written to
        with io.StringIO() as stream, monkeypatch.context() as patch:
            patch.setattr("sys.stderr", stream)
            log.warning("a word")
            assert stream.getvalue().count("a word") == 1
