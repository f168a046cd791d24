// A receiver for webhooks in the format axocrm: run it, then point a webhook at it.
//
//	WEBHOOK_SECRET=axo_whsec_… go run verify-axocrm.go [port]
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"
)

const tolerance = 5 * time.Minute

var secret = os.Getenv("WEBHOOK_SECRET")

// verified says whether the body is what was sent with this secret, not long ago.
func verified(body []byte, headers http.Header) bool {
	timestamp := headers.Get("x-axocrm-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%s.%s", timestamp, body)
	made := "sha256=" + hex.EncodeToString(mac.Sum(nil))
	return hmac.Equal([]byte(headers.Get("x-axocrm-signature")), []byte(made))
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
