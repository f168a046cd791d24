/** The n-th contact, like the example in axoCRM's documentation. */
export function contactText(/** @type {number | string} */ n) {
  return `{"first_name":"Jane","last_name":"Doe","email":"jane.doe.${n}@example.com","source":"website"}`;
}
