/**
 * Two functions of CloudFront's, in its own JavaScript. They look at a request's address before anything is fetched, so
 * no answer of the API is ever taken for a page that is missing.
 */

/** Files are at the root with an ending, or in a folder of files; everything else is a place in the page. */
export const PLACES_TO_INDEX = `
function handler(event) {
  var request = event.request;
  var isFile = /^\\/[^\\/]+\\.[a-z0-9]+$/.test(request.uri) || /^\\/(assets|icons)\\//.test(request.uri);
  if (!isFile) request.uri = '/index.html';
  return request;
}
`.trim()

/** The API knows nothing of the folder that it has in the page's address. */
export const WITHOUT_API_PREFIX = `
function handler(event) {
  var request = event.request;
  request.uri = request.uri.replace(/^\\/api(?=\\/)/, '');
  return request;
}
`.trim()
