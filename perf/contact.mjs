/** The n-th contact, as axoCRM's document prints one. */
export function contactText(/** @type {number | string} */ n) {
  return `{"first_name":"Jane","last_name":"Doe","email":"jane.doe.${n}@example.com","source":"website"}`;
}
