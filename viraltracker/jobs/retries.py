"""When a job that failed is run again. Pure; the waits are handed in."""

from viraltracker.errors import StudioError

__all__ = ["wait_before_retry_s"]


def wait_before_retry_s(error: BaseException, attempt: int, backoff_s: tuple[float, ...]) -> float | None:
    """Seconds until the next run after `attempt` earlier ones, or None: never.

    A provider that says when to come back (`TryLater.after_s`) is not asked sooner.
    """
    if not isinstance(error, StudioError) or not error.retryable or attempt >= len(backoff_s):
        return None
    return max(backoff_s[attempt], float(error.facts.get("after_s", 0.0)))
