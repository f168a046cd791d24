// A receiver for webhooks in the format axcelerate: run it, then point a webhook at it.
//
//	WEBHOOK_SECRET=… go run verify-axcelerate.go [port]
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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

type enrolment struct {
	ContactID int64  `json:"contact_id"`
	Status    string `json:"status"`
	Workshop  struct {
		ID int64 `json:"id"`
	} `json:"workshop"`
}

// An event by aXcelerate's names: ids are integers.
type event struct {
	Type    string `json:"type"`
	Message struct {
		Contact struct {
			ID int64 `json:"id"`
		} `json:"contact"`
		Enrolment enrolment `json:"enrolment"`
	} `json:"message"`
}

// summary says what happened.
func summary(body []byte) string {
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		return err.Error()
	}
	student := e.Message.Enrolment
	switch e.Type {
	case "contact.contact_created", "contact.contact_updated":
		return fmt.Sprintf("%s: contact %d", e.Type, e.Message.Contact.ID)
	case "student.workshop_enrolment_created":
		return fmt.Sprintf("%s: contact %d in workshop %d", e.Type, student.ContactID, student.Workshop.ID)
	case "student.unit_enrolment_status_changed":
		return fmt.Sprintf("%s: contact %d, %s", e.Type, student.ContactID, student.Status)
	}
	return e.Type
}

func receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || !verified(body, r.Header) {
		fmt.Printf("REFUSED %s\n", body)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	fmt.Printf("verified %s\n%s\n", body, summary(body))
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
