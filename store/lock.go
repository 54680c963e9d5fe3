package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Lock is the right to write a data directory, or to read it. The system gives it
// up when the process ends, however it ends.
type Lock struct{ f *os.File }

// LockDir takes a data directory, creating it 0700 if it is not there. Exactly
// one process may hold it, because caches and the single writer rely on that;
// ErrLocked says that another one does, ErrBeingRead that others read. A
// directory that others may write is refused: whoever can replace its files can
// forge tokens and the audit log.
func LockDir(dir string) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create data directory: %w", err)
	}
	return lockDir(dir, takeAlone)
}

// ShareDir is LockDir for processes that only read, any number of them at once. A
// directory that is not there is not made.
func ShareDir(dir string) (*Lock, error) { return lockDir(dir, takeShared) }

func lockDir(dir string, take func(*os.File) error) (*Lock, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if perm := info.Mode().Perm(); perm&0o022 != 0 {
		return nil, fmt.Errorf("data directory %s is writable by others (mode %#o): run chmod 700 %s", dir, perm, dir)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock data directory: %w", err)
	}
	if err := take(f); err != nil {
		return nil, errors.Join(fmt.Errorf("lock data directory %s: %w", dir, err), f.Close())
	}
	return &Lock{f}, nil
}

// takeAlone takes the lock and leaves our process id for whoever finds it taken.
func takeAlone(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		// The process id in the file is of the last who had it alone. If the lock can
		// be shared, that is over.
		if err := takeShared(f); err != nil {
			return err
		}
		return ErrBeingRead
	}
	if err != nil {
		return err
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// takeShared leaves what is in the file.
func takeShared(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return fmt.Errorf("%w%s", ErrLocked, holder(f))
	}
	return err
}

// holder names the process that holds the lock alone, if it can be told.
func holder(f *os.File) string {
	text, err := io.ReadAll(io.LimitReader(f, 32))
	pid := strings.TrimSpace(string(text))
	if err != nil || pid == "" {
		return ""
	}
	return " by process " + pid
}

// Close gives the directory up.
func (l *Lock) Close() error { return l.f.Close() }
