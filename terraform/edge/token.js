// The signature to the function URL owns Authorization, so a user's token travels in a header of its own. One that a
// viewer sends itself is dropped first.
function handler(event) {
  var headers = event.request.headers;
  delete headers['x-user-authorization'];
  if (headers.authorization) {
    headers['x-user-authorization'] = { value: headers.authorization.value };
  }
  return event.request;
}
