// Verifies a log with code that is not ours: golang.org/x/mod/sumdb (notes, tiles and proofs of Go's checksum database,
// the same formats).
//
//	tlogcheck note VKEY FILE             a checkpoint's signature; prints its size and root
//	tlogcheck proof VKEY FILE ENTRY      a .tlog-proof of that entry (hexadecimal)
//	tlogcheck consistency VKEY OLD NEW FILE   base64 hashes in FILE lead from checkpoint OLD to NEW (files)
//	tlogcheck dir VKEY DIR               an exported log: signature, every tile, every entry
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type checkpoint struct {
	size int64
	root tlog.Hash
}

func fail(format string, args ...interface{}) {
	fmt.Fprintf(os.Stderr, "tlogcheck: "+format+"\n", args...)
	os.Exit(1)
}

func read(path string) []byte {
	data, err := os.ReadFile(path)
	if err != nil {
		fail("%v", err)
	}
	return data
}

func hashOf(text string) tlog.Hash {
	octets, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(octets) != tlog.HashSize {
		fail("not a hash: %q", text)
	}
	var hash tlog.Hash
	copy(hash[:], octets)
	return hash
}

// The signature by the key, and what the three lines say.
func open(vkey string, signed []byte) checkpoint {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		fail("key: %v", err)
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		fail("checkpoint: %v", err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != verifier.Name() {
		fail("checkpoint: not origin, size, root")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] {
		fail("checkpoint: size %q", lines[1])
	}
	return checkpoint{size, hashOf(lines[2])}
}

func checkProof(vkey string, file []byte, entry []byte) {
	parts := bytes.SplitN(file, []byte("\n\n"), 2)
	if len(parts) != 2 {
		fail("proof: no empty line")
	}
	signed := open(vkey, parts[1])
	lines := strings.Split(string(parts[0]), "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		fail("proof: %q", lines[0])
	}
	lines = lines[1:]
	if strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64)
	if err != nil {
		fail("proof: %q", lines[0])
	}
	var proof tlog.RecordProof
	for _, line := range lines[1:] {
		proof = append(proof, hashOf(line))
	}
	if err := tlog.CheckRecord(proof, signed.size, signed.root, index, tlog.RecordHash(entry)); err != nil {
		fail("proof: %v", err)
	}
	fmt.Printf("entry %d is in the tree of %d entries\n", index, signed.size)
}

func checkConsistency(vkey string, older, newer []byte, hashes string) {
	from, to := open(vkey, older), open(vkey, newer)
	var proof tlog.TreeProof
	for _, line := range strings.Fields(hashes) {
		proof = append(proof, hashOf(line))
	}
	if err := tlog.CheckTree(proof, to.size, to.root, from.size, from.root); err != nil {
		fail("consistency: %v", err)
	}
	fmt.Printf("the tree of %d entries begins with that of %d\n", to.size, from.size)
}

// Tiles of an exported folder; x/mod writes their height into the path, C2SP does not.
type folder string

func (f folder) Height() int { return 8 }

func (f folder) path(kind string, tile tlog.Tile) string {
	elements := strings.Split(tile.Path(), "/") // tile, 8, level, x001, 002[.p, width]
	return filepath.Join(append([]string{string(f), "tile", kind}, elements[3:]...)...)
}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range tiles {
		one, err := os.ReadFile(f.path(strconv.Itoa(tile.L), tile))
		if err != nil {
			return nil, err
		}
		data = append(data, one)
	}
	return data, nil
}

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) entries(size int64) [][]byte {
	var entries [][]byte
	for n := int64(0); n*256 < size; n++ {
		width := size - n*256
		if width > 256 {
			width = 256
		}
		bundle := read(f.path("entries", tlog.Tile{H: 8, L: 0, N: n, W: int(width)}))
		for len(bundle) >= 2 {
			length := int(binary.BigEndian.Uint16(bundle))
			entries = append(entries, bundle[2:2+length])
			bundle = bundle[2+length:]
		}
	}
	return entries
}

func checkDir(vkey string, dir string) {
	signed := open(vkey, read(filepath.Join(dir, "checkpoint")))
	reader := tlog.TileHashReader(tlog.Tree{N: signed.size, Hash: signed.root}, folder(dir))
	entries := folder(dir).entries(signed.size)
	if int64(len(entries)) != signed.size {
		fail("%d entries, and the checkpoint has %d", len(entries), signed.size)
	}
	for i, entry := range entries {
		// Every hash that the reader gives was verified against the signed root.
		hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(i))})
		if err != nil {
			fail("entry %d: %v", i, err)
		}
		if hashes[0] != tlog.RecordHash(entry) {
			fail("entry %d is not what its tile says", i)
		}
	}
	fmt.Printf("%d entries, every tile and the checkpoint agree\n", signed.size)
}

func main() {
	switch {
	case len(os.Args) == 4 && os.Args[1] == "note":
		signed := open(os.Args[2], read(os.Args[3]))
		fmt.Printf("%d %s\n", signed.size, signed.root)
	case len(os.Args) == 5 && os.Args[1] == "proof":
		entry, err := hex.DecodeString(os.Args[4])
		if err != nil {
			fail("entry: %v", err)
		}
		checkProof(os.Args[2], read(os.Args[3]), entry)
	case len(os.Args) == 6 && os.Args[1] == "consistency":
		checkConsistency(os.Args[2], read(os.Args[3]), read(os.Args[4]), string(read(os.Args[5])))
	case len(os.Args) == 4 && os.Args[1] == "dir":
		checkDir(os.Args[2], os.Args[3])
	default:
		fail("wrong use; see the head of its source")
	}
}
