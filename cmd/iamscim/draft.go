package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
)

// draft is a file that nobody sees before it is whole. It is for its owner
// only.
type draft struct {
	file   *os.File
	path   string // where it will be
	digest hash.Hash
}

// newDraft begins a file. One that is there already is replaced only by force.
func newDraft(path string, force bool) (*draft, error) {
	if err := vacant(path, force); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	return &draft{file: file, path: path, digest: sha256.New()}, nil
}

// vacant says why nothing can be written to a path. What is no ordinary file is
// never replaced.
func vacant(path string, force bool) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("write %s: %w", path, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is there and is no ordinary file", path)
	case !force:
		return fmt.Errorf("%s is there already; --force replaces it", path)
	}
	return nil
}

// Write implements io.Writer.
func (d *draft) Write(b []byte) (int, error) {
	n, err := d.file.Write(b)
	_, _ = d.digest.Write(b[:n])                              // a hash never fails to write
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok { // it names the draft
		err = fmt.Errorf("write %s: %w", d.path, pathErr.Err)
	}
	return n, err
}

// checksum is that of what was written.
func (d *draft) checksum() string { return hex.EncodeToString(d.digest.Sum(nil)) }

// publish puts files into their places, once all of them are on the disk. The
// last is what says that the others belong together, so it comes last, and
// before it there is none.
func publish(drafts ...*draft) error {
	for _, d := range drafts {
		if err := errors.Join(d.file.Sync(), d.file.Close()); err != nil {
			return fmt.Errorf("write %s: %w", d.path, err)
		}
	}
	if last := drafts[len(drafts)-1].path; len(drafts) > 1 {
		if err := os.Remove(last); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("replace %s: %w", last, err)
		}
	}
	for _, d := range drafts {
		if err := os.Rename(d.file.Name(), d.path); err != nil {
			return fmt.Errorf("write %s: %w", d.path, err)
		}
	}
	return nil
}

// discard removes a file that was not published, and leaves one that was.
func (d *draft) discard() {
	_ = d.file.Close()           // it may be closed
	_ = os.Remove(d.file.Name()) // it may be in its place
}
