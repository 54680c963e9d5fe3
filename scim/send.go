package scim

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// gzipLeast is the size from which on an answer is worth compressing.
const gzipLeast = 2 << 10

// send writes one complete answer; to HEAD, all of it but the body. SCIM goes
// out under the name that the client prefers, and what is large compressed if it
// likes. ETags are weak, so they are the same either way.
func send(w http.ResponseWriter, r *http.Request, status int, mediaType string, body []byte) {
	if mediaType == contentType {
		mediaType = negotiated(strings.Join(r.Header.Values("Accept"), ","))
	}
	if len(body) >= gzipLeast && acceptsGzip(strings.Join(r.Header.Values("Accept-Encoding"), ",")) {
		z := compressed(body)
		defer z.release()
		w.Header().Set("Content-Encoding", "gzip")
		body = z.out.Bytes()
	}
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	// A failed write means the client is gone; there is nobody left to tell.
	_, _ = w.Write(body)
}

// compressor is a writer with the memory it writes to; both are expensive to
// make anew.
type compressor struct {
	*gzip.Writer
	out bytes.Buffer
}

var compressors = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil { // cannot happen: the level exists
		panic(err)
	}
	return &compressor{Writer: z}
}}

func compressed(body []byte) *compressor {
	z := compressors.Get().(*compressor)
	z.out.Reset()
	z.Reset(&z.out)
	// Memory never fails to be written to.
	_, _ = z.Write(body)
	_ = z.Close()
	return z
}

func (z *compressor) release() {
	if z.out.Cap() <= maxPooled {
		compressors.Put(z)
	}
}
