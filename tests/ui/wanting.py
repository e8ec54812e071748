"""The next click, which comes while a page's script is running."""

from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

__all__ = ["want_another_run"]


def want_another_run() -> None:
    """Ask for a run of this page as a browser does; the running one ends where Streamlit next looks."""
    context = get_script_run_ctx()
    assert context is not None
    assert context.script_requests is not None
    context.script_requests.request_rerun(RerunData())
