// A receiver for webhooks in the format axcelerate: run it, then point a webhook at it.
//
//	WEBHOOK_SECRET=… go run verify-axcelerate.go [port]
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
)

var secret = os.Getenv("WEBHOOK_SECRET")

// verified says whether the body is what was sent with this private key.
func verified(body []byte, headers http.Header) bool {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	made := hex.EncodeToString(mac.Sum(nil))
	signed := headers.Get("ax-signature-version") == "1"
	return signed && hmac.Equal([]byte(headers.Get("ax-signature")), []byte(made))
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
