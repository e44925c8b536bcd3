// A client of Go's net/http: what it is told about one exchange after the other, as one JSON object on its standard output.
// Usage: client URL. HTTP/2 over TLS (any certificate), HTTP/1.1 in cleartext.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"strings"
	"sync"
	"time"
)

var results = map[string]interface{}{}

func check(name string, value interface{}, err error) {
	if err != nil {
		value = "error: " + err.Error()
	}
	results[name] = value
}

func main() {
	url := os.Args[1]
	client := &http.Client{
		Transport: &http.Transport{
			TLSClientConfig:       &tls.Config{InsecureSkipVerify: true},
			ForceAttemptHTTP2:     true,
			MaxIdleConnsPerHost:   64,
			ExpectContinueTimeout: 30 * time.Second,
		},
		Timeout: 60 * time.Second,
	}

	response, err := client.Get(url + "/hello")
	if err == nil {
		content, err := io.ReadAll(response.Body)
		response.Body.Close()
		check("hello", fmt.Sprint(response.Proto, " ", response.StatusCode, " ", response.ContentLength, " ", string(content)), err)
	} else {
		check("hello", nil, err)
	}

	// Content of unknown length, with trailers in both directions.
	reader, writer := io.Pipe()
	go func() {
		for sent := 0; sent < 64; sent++ {
			writer.Write(bytes.Repeat([]byte("x"), 64*1024))
		}
		writer.Close()
	}()
	request, _ := http.NewRequest("POST", url+"/echo", reader)
	request.Trailer = http.Header{"X-Sum": []string{"42"}}
	response, err = client.Do(request)
	if err == nil {
		size, err := io.Copy(io.Discard, response.Body)
		response.Body.Close()
		check("echo", size, err)
		check("trailer", response.Trailer.Get("X-Sum"), nil)
	} else {
		check("echo", nil, err)
	}

	// 100 (Continue), and a refusal in its place.
	request, _ = http.NewRequest("POST", url+"/echo", strings.NewReader("after the 100"))
	request.Header.Set("Expect", "100-continue")
	response, err = client.Do(request)
	if err == nil {
		content, err := io.ReadAll(response.Body)
		response.Body.Close()
		check("continue", string(content), err)
	} else {
		check("continue", nil, err)
	}
	request, _ = http.NewRequest("POST", url+"/too-large", bytes.NewReader(make([]byte, 32*1024*1024)))
	request.Header.Set("Expect", "100-continue")
	response, err = client.Do(request)
	if err == nil {
		response.Body.Close()
		check("refused", response.StatusCode, err)
	} else {
		check("refused", nil, err)
	}

	// An early response to content that the handler does not read.
	response, err = client.Post(url+"/too-large", "application/octet-stream", bytes.NewReader(make([]byte, 4*1024*1024)))
	if err == nil {
		content, err := io.ReadAll(response.Body)
		response.Body.Close()
		check("early", fmt.Sprint(response.StatusCode, " ", string(content)), err)
	} else {
		check("early", nil, err)
	}

	// 103 (Early Hints) comes before the response.
	hints := []string{}
	trace := &httptrace.ClientTrace{Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
		hints = append(hints, fmt.Sprint(code, " ", header.Get("Link")))
		return nil
	}}
	request, _ = http.NewRequestWithContext(httptrace.WithClientTrace(context.Background(), trace), "GET", url+"/hinted", nil)
	response, err = client.Do(request)
	if err == nil {
		response.Body.Close()
		check("hints", hints, err)
	} else {
		check("hints", nil, err)
	}

	// 200 cookies, which HTTP/2 may send as 200 field lines.
	request, _ = http.NewRequest("GET", url+"/cookies", nil)
	for index := 0; index < 200; index++ {
		request.AddCookie(&http.Cookie{Name: fmt.Sprint("c", index), Value: "v"})
	}
	response, err = client.Do(request)
	if err == nil {
		content, err := io.ReadAll(response.Body)
		response.Body.Close()
		check("cookies", string(content), err)
	} else {
		check("cookies", nil, err)
	}

	// gzip, which the client takes off.
	response, err = client.Get(url + "/gzip")
	if err == nil {
		content, err := io.ReadAll(response.Body)
		response.Body.Close()
		check("gzip", fmt.Sprint(response.Uncompressed, " ", len(content)), err)
	} else {
		check("gzip", nil, err)
	}

	// A request that is cancelled while its content comes.
	cancelled, cancel := context.WithCancel(context.Background())
	request, _ = http.NewRequestWithContext(cancelled, "GET", url+"/endless", nil)
	response, err = client.Do(request)
	if err == nil {
		_, err = io.ReadFull(response.Body, make([]byte, 100_000))
		cancel()
		response.Body.Close()
		check("cancelled", "in the content", err)
	} else {
		check("cancelled", nil, err)
	}
	cancel()

	// Truncated content is an error.
	response, err = client.Get(url + "/broken")
	if err == nil {
		_, err = io.ReadAll(response.Body)
		response.Body.Close()
		check("broken", err != nil, nil)
	} else {
		check("broken", "error: "+err.Error(), nil)
	}

	// 200 requests, 50 at once.
	var group sync.WaitGroup
	var lock sync.Mutex
	good := 0
	gate := make(chan bool, 50)
	for index := 0; index < 200; index++ {
		group.Add(1)
		go func() {
			defer group.Done()
			gate <- true
			defer func() { <-gate }()
			response, err := client.Post(url+"/echo", "text/plain", strings.NewReader(strings.Repeat("abc", 10_000)))
			if err != nil {
				return
			}
			content, err := io.ReadAll(response.Body)
			response.Body.Close()
			if err == nil && len(content) == 30_000 {
				lock.Lock()
				good++
				lock.Unlock()
			}
		}()
	}
	group.Wait()
	check("many", good, nil)

	// A server-sent event stream: each event arrives as it is sent.
	response, err = client.Get(url + "/events")
	if err == nil {
		times := 0
		buffer := make([]byte, 1000)
		for {
			size, err := response.Body.Read(buffer)
			if size > 0 {
				times++
			}
			if err != nil {
				break
			}
			// The server sends the next event when it gets this request.
			next, err := client.Post(url+"/next", "text/plain", nil)
			if err == nil {
				next.Body.Close()
			}
		}
		response.Body.Close()
		check("events", times, nil)
	} else {
		check("events", nil, err)
	}

	json.NewEncoder(os.Stdout).Encode(results)
}
