"""A session that is forgotten ends on the server's own thread.

Streamlit 1.67 ends a session in its finaliser, which takes locks that no thread can take twice. The
garbage collector runs finalisers in any thread, so also in one that holds such a lock because it is
adding a picture. That thread then waits for itself, and soon every page waits for it.
"""

from streamlit.runtime.app_session import AppSession


def end_on_the_event_loop() -> None:
    """Let the finaliser of a session only ask the event loop to end it."""
    AppSession.__del__ = _ask_for_the_end


def _ask_for_the_end(self: AppSession) -> None:
    """Ask; a server that has stopped has no loop, and nothing left to end."""
    loop = getattr(self, "_event_loop", None)  # not there where `__init__` raised
    if loop is not None and not loop.is_closed():
        loop.call_soon_threadsafe(self.shutdown)
