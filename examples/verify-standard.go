// A receiver for webhooks in the format standard (Standard Webhooks): run it, then point a webhook at it.
//
//	WEBHOOK_SECRET=whsec_… go run verify-standard.go [port]
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

const tolerance = 5 * time.Minute

var secret = os.Getenv("WEBHOOK_SECRET")

// verified says whether one of the signatures fits the body, and it was sent not long ago.
func verified(body []byte, headers http.Header) bool {
	timestamp := headers.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", headers.Get("webhook-id"), timestamp, body)
	made := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, sent := range strings.Fields(headers.Get("webhook-signature")) {
		if hmac.Equal([]byte(sent), []byte(made)) {
			return true
		}
	}
	return false
}

func receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || !verified(body, r.Header) {
		fmt.Printf("REFUSED %s\n", body)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	fmt.Printf("verified %s\n", body)
	w.WriteHeader(http.StatusNoContent)
}

func main() {
	if secret == "" {
		log.Fatal("Set WEBHOOK_SECRET.")
	}
	address := "127.0.0.1:4000"
	if len(os.Args) > 1 {
		address = "127.0.0.1:" + os.Args[1]
	}
	fmt.Println("listening on http://" + address)
	log.Fatal(http.ListenAndServe(address, http.HandlerFunc(receive)))
}
