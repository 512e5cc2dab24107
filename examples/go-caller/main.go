// A caller of caaproofd as a CA in Go would write it: asks for a check over HTTP, asks again with the same id when an answer is
// lost, and hands the permit to the signer, which verifies it (here by the command; within a signer by libcaaproof). Standard
// library only. docs/integrations/go.md.
//
//	go-caller -socket PATH -authority NAME -ca FILE -log-key FILE -method M ID NAME...
package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"
)

type request struct {
	ID        string   `json:"id"`
	Authority string   `json:"authority"`
	Method    string   `json:"method,omitempty"`
	Names     []string `json:"names"`
	TimeoutS  int      `json:"timeout_s"`
}

// What the caller needs of a result; a verdict without a permit signs nothing.
type result struct {
	State   string `json:"state"`
	Verdict string `json:"verdict"`
	Reason  string `json:"reason"`
	Title   string `json:"title"`
	Detail  string `json:"detail"`
	Record  *struct {
		Permit *string `json:"permit"`
	} `json:"record"`
}

const answerMax = 64 << 20

// post sends the same octets each time: the id has one end, and a different body under it is refused.
func post(ctx context.Context, client *http.Client, body []byte) (int, *result, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://caaproofd/v1/checks", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, answerMax))
	if err != nil {
		return 0, nil, err
	}
	var got result
	if err := json.Unmarshal(text, &got); err != nil {
		return 0, nil, err
	}
	return answer.StatusCode, &got, nil
}

// check returns the permit, or why there is none. A lost answer is asked for again until the deadline; it is never taken for one.
func check(client *http.Client, q request, each time.Duration) ([]byte, error) {
	body, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	deadline := time.Now().Add(time.Duration(q.TimeoutS) * time.Second)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), each)
		status, got, err := post(ctx, client, body)
		cancel()
		if err == nil && status == http.StatusOK {
			if got.Record == nil || got.Record.Permit == nil {
				return nil, fmt.Errorf("no permit: %s, %s", got.Verdict, got.Reason)
			}
			return base64.StdEncoding.DecodeString(*got.Record.Permit)
		}
		if err == nil && status != http.StatusAccepted && status != http.StatusServiceUnavailable {
			return nil, fmt.Errorf("no check: %s: %s", got.Title, got.Detail)
		}
		if time.Now().After(deadline) {
			return nil, errors.New("no answer before the deadline; nothing is signed")
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func main() {
	socket := flag.String("socket", "", "caaproofd's Unix socket")
	authority := flag.String("authority", "", "the authority's name in caaproofd.yaml")
	ca := flag.String("ca", "", "certificate of the issuing key")
	logKey := flag.String("log-key", "", "file with the log's verifier key")
	method := flag.String("method", "", "validation method that was performed")
	each := flag.Duration("each", 5*time.Second, "how long one answer is waited for")
	flag.Parse()
	if flag.NArg() < 2 || *socket == "" {
		flag.Usage()
		os.Exit(64)
	}
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", *socket)
		},
	}}
	permit, err := check(client, request{flag.Arg(0), *authority, *method, flag.Args()[1:], 30}, *each)
	if err != nil {
		fmt.Fprintln(os.Stderr, "go-caller:", err)
		os.Exit(77)
	}
	verify := exec.Command("caaproof", append([]string{"permit", "verify", "--permit", "-", "--key", *logKey,
		"--authority", *ca, "--request", flag.Arg(0), "--"}, flag.Args()[1:]...)...)
	verify.Stdin, verify.Stdout, verify.Stderr = bytes.NewReader(permit), os.Stdout, os.Stderr
	if err := verify.Run(); err != nil {
		os.Exit(77)
	}
}
