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
    """The disk is reached by a descriptor of its folder, and never by its path: a thread that is older
    than the namespace would find the folder below the mount there, and fill the machine's own disk."""

    def __init__(self, folder, size):
        self.folder, self.size = folder, size
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d,mode=0700" % size, "tmpfs", folder], check=True)
        self.descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        about = os.fstatvfs(self.descriptor)
        if about.f_blocks * about.f_frsize > 2 * size:
            raise RuntimeError("%s is not the small disk" % folder)

    def free(self):
        about = os.fstatvfs(self.descriptor)
        return about.f_bavail * about.f_frsize

    def fill(self, leave=0):
        """From any thread, one at a time; a disk that is full already stays so."""
        filler = os.open("filler", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600, dir_fd=self.descriptor)
        try:
            while self.free() > leave:
                os.write(filler, bytes(min(self.free() - leave, 1 << 20)))
        except OSError:
            pass
        finally:
            os.close(filler)

    def empty(self):
        try:
            os.unlink("filler", dir_fd=self.descriptor)
        except FileNotFoundError:
            pass

    def remove(self):
        os.close(self.descriptor)
        subprocess.run(["umount", "-l", self.folder], check=False)
