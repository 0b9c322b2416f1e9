"""A small disk of its own (tmpfs), to be full when a test wants it. Needs root.

    disk = smalldisk.Disk (folder, 4 << 20)
    disk.fill (leave=8192)                        # so many bytes stay free
    disk.empty ()

The mount lives in a mount namespace of this process and what it starts, so that nothing stays behind
whatever happens.
"""
import ctypes
import os
import subprocess

CLONE_NEWNS = 0x00020000
state = {"alone": False}


def alone():
    """A mount namespace of our own, once; False where that is not allowed."""
    if not state["alone"]:
        libc = ctypes.CDLL(None, use_errno=True)
        if os.geteuid() != 0 or libc.unshare(CLONE_NEWNS) != 0:
            return False
        if subprocess.run(["mount", "--make-rprivate", "/"], check=False).returncode:
            return False
        state["alone"] = True
    return True


class Disk:
    def __init__(self, folder, size):
        self.folder = folder
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d,mode=0700" % size, "tmpfs", folder], check=True)

    def free(self):
        about = os.statvfs(self.folder)
        return about.f_bavail * about.f_frsize

    def fill(self, leave=0):
        """Only ever from one thread; a disk that is full already stays so."""
        with open(os.path.join(self.folder, "filler"), "ab", buffering=0) as out:
            try:
                while self.free() > leave:
                    out.write(b"\0" * min(self.free() - leave, 1 << 20))
            except OSError:
                pass

    def empty(self):
        path = os.path.join(self.folder, "filler")
        if os.path.exists(path):
            os.remove(path)

    def remove(self):
        subprocess.run(["umount", "-l", self.folder], check=False)
