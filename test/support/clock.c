/* The clock of a test host: CLOCK_REALTIME and what is made of it are ahead by the seconds that /run/clock says. Loaded by way
   of /etc/ld.so.preload. It stands alone (tcc has no headers here): the numbers are those of x86-64's system calls. */
struct timespec { long seconds, nanoseconds; };
struct timeval { long seconds, microseconds; };
enum { SYS_read = 0, SYS_close = 3, SYS_clock_gettime = 228, SYS_openat = 257 };
enum { CLOCK_REALTIME = 0, CLOCK_REALTIME_COARSE = 5, AT_FDCWD = -100 };
extern long syscall(long number, ...);

static long ahead(void) {
  char text[32];
  long sum = 0, sign = 1, at = 0, length;
  long fd = syscall(SYS_openat, AT_FDCWD, "/run/clock", 0);
  if (fd < 0) return 0;
  length = syscall(SYS_read, fd, text, sizeof text);
  syscall(SYS_close, fd);
  if (length > 0 && text[0] == '-') sign = -1, at = 1;
  for (; at < length && text[at] >= '0' && text[at] <= '9'; at++) sum = sum * 10 + text[at] - '0';
  return sign * sum;
}

int clock_gettime(int clock, struct timespec *time) {
  long result = syscall(SYS_clock_gettime, clock, time);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->seconds += ahead();
  return result;
}

int gettimeofday(struct timeval *time, void *zone) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (time) time->seconds = now.seconds, time->microseconds = now.nanoseconds / 1000;
  return 0;
}

long time(long *seconds) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (seconds) *seconds = now.seconds;
  return now.seconds;
}
