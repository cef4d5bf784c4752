import type { Enclosure } from './enclosure.ts';
import type { Running } from './running.ts';
import { waitFor } from './wait.ts';

/**
 * Mounts a real FUSE file system, bindfs, that shows `folder` at `mountPoint`. What is written to `folder` appears there without
 * an inotify event, as on a network file system.
 */
export async function mountFuse(host: Enclosure, folder: string, mountPoint: string): Promise<Running> {
  if (!host.exists('/dev/fuse')) await host.must('mknod', ['-m', '600', '/dev/fuse', 'c', '10', '229']);
  await host.must('mkdir', ['-p', folder, mountPoint]);
  const bindfs = await host.spawn('bindfs', ['-f', folder, mountPoint]);
  await waitFor('the FUSE file system to be mounted', () => {
    if (bindfs.hasEnded()) throw new Error(`bindfs ended\n${bindfs.stderr}`);
    return host.read('/proc/1/mounts').includes(` ${mountPoint} fuse `);
  });
  return bindfs;
}

/** Locks its own memory map: writes to a mapped file whose file system no longer answers, while another thread unmaps it. */
const lockMemory = `
import ctypes, os, signal, sys, threading, time
path, server = sys.argv[1], int(sys.argv[2])
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
size = 65536
at = libc.mmap(None, ctypes.c_size_t(size), 3, 1, os.open(path, os.O_RDWR), ctypes.c_long(0))
write = lambda: libc.memset(ctypes.c_void_p(at), 1, 1)
sync = lambda: libc.msync(ctypes.c_void_p(at), ctypes.c_size_t(size), 4)
unmap = lambda: libc.munmap(ctypes.c_void_p(at), ctypes.c_size_t(size))
write()
sys.stdin.readline()
os.kill(server, signal.SIGSTOP)
for act in sync, write, unmap:
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    while open(f"/proc/self/task/{thread.native_id}/stat").read().rsplit(")")[-1].split()[0] != "D":
        time.sleep(0.01)
print("locked", flush=True)
time.sleep(60)
os.kill(server, signal.SIGCONT)
`;

/**
 * Starts a process (python3) whose memory map is locked, as that of a process that waits for a dead NFS server: what reads its
 * cmdline, environ, maps or smaps hangs until it is killed: ps(1) too, and what the tests look with. `unlock` lets it go on; so do 60 s.
 */
export async function startLocked(host: Enclosure): Promise<{ pid: number; unlock(): Promise<void> }> {
  const server = await mountFuse(host, '/tmp/locked-files', '/tmp/locked');
  await host.must('truncate', ['-s', '64K', '/tmp/locked-files/mapped']);
  const locked = await host.spawnInteractive('/usr/bin/python3', [
    '-c',
    lockMemory,
    '/tmp/locked/mapped',
    String(server.pid),
  ]);
  // Only now: what a test starts is looked at until it runs.
  locked.end('\n');
  await waitFor('the memory map to be locked', () => {
    if (locked.hasEnded()) throw new Error(`python3 ended\n${locked.stderr}`);
    return locked.stdout.includes('locked');
  });
  return { pid: locked.pid, unlock: () => server.signal('SIGCONT') };
}
