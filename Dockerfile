# Built without cgo, so the image holds the binary, the CA certificates and
# nothing else. It runs as an unprivileged user and keeps its data in /data.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -o /out/iamscim ./cmd/iamscim && mkdir -m 0700 /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/iamscim /iamscim
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
ENV IAMSCIM_DATA_DIR=/data IAMSCIM_LOG_FORMAT=json
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/iamscim"]
CMD ["serve"]
