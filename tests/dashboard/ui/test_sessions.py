"""The garbage collector may end a session in any thread: no thread waits for itself."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

# A session whose browser left is forgotten while a thread holds the lock of the media files, as
# each does when it adds a picture. It runs in a process of its own, which has one runtime.
FORGETS_A_SESSION = """
import asyncio, gc, os, sys, threading
from streamlit.runtime import Runtime, RuntimeConfig
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.session_manager import SessionClient
from dashboard.ui import sessions

class Browser(SessionClient):
    def write_forward_msg(self, msg):
        pass

async def main():
    if sys.argv[1] == "mended":
        sessions.end_on_the_event_loop()
    storage = MemoryMediaFileStorage("/media")
    runtime = Runtime(RuntimeConfig("page.py", storage, MemoryUploadedFileManager("/upload")))
    await runtime.start()
    gc.disable()
    name = runtime.connect_session(Browser(), {})
    files = runtime.media_file_mgr
    files._files_by_session_and_coord[name]["place"] = "picture"
    session = runtime._session_mgr.get_active_session_info(name).session
    session.itself = session  # a cycle, as after a page ran: the collector frees it
    del session
    runtime.disconnect_session(name)
    await asyncio.sleep(0.2)  # the loop lets go of it
    manager = runtime._session_mgr
    manager._session_storage._cache.clear()  # as it does after two minutes

    def add_a_picture():
        with files._lock:
            gc.collect()

    adding = threading.Thread(target=add_a_picture, daemon=True)
    adding.start()
    adding.join(timeout=10)
    if adding.is_alive():
        print("the thread waits for itself", flush=True)
        os._exit(0)
    await asyncio.sleep(0.2)
    print("ended:", name not in files._files_by_session_and_coord, flush=True)
    os._exit(0)

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("as_it_is", "outcome"),
    [
        ("mended", "ended: True"),
        ("as Streamlit has it", "the thread waits for itself"),  # once it does not, mend no more
    ],
)
def test_a_session_forgotten_beside_a_lock_ends_and_stops_nobody(as_it_is, outcome):
    command = [sys.executable, "-c", FORGETS_A_SESSION, as_it_is]
    result = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert result.stdout.strip() == outcome, result.stderr
