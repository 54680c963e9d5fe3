package provisioner_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"

	"iamscim/store"
)

// schemas has the files of an account, by its id, as they are created.
var schemas sync.Map

// newFiles is a data directory with new files of the account. They are copied,
// because creating their schemas takes longer than most tests.
func newFiles(tb testing.TB, accountID string) string {
	tb.Helper()
	made, _ := schemas.LoadOrStore(accountID, sync.OnceValues(func() (fs.FS, error) { return createFiles(tb, accountID) }))
	files, err := made.(func() (fs.FS, error))()
	if err != nil {
		tb.Fatal(err)
	}
	dir := tb.TempDir()
	if err := os.CopyFS(dir, files); err != nil {
		tb.Fatal(err)
	}
	return dir
}

func createFiles(tb testing.TB, accountID string) (fs.FS, error) {
	dir := tb.TempDir()
	account, err := store.OpenAccount(tb.Context(), dir, accountID, store.AccountOptions{})
	if err != nil {
		return nil, err
	}
	if err := account.Close(); err != nil {
		return nil, err
	}
	files := fstest.MapFS{}
	for _, kind := range []string{"state", "snapshot"} {
		name := accountID + "." + kind + ".db"
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		files[name] = &fstest.MapFile{Data: data, Mode: 0o600}
	}
	return files, nil
}
