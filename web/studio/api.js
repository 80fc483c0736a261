// The native HTTP API (docs/http_api.md). Every call gives the JSON of the answer or throws ApiError.
const kBase = '/api/v1';

/// What the server refused: `code` and `field` are the API's, `status` 0 where it could not be reached.
export class ApiError extends Error {
  constructor(status, code, message, field = null) {
    super(message);
    Object.assign(this, {status, code, field});
  }
}

let whenUnauthorized = () => {};
/// `action` is called whenever the server asks for a key.
export function onUnauthorized(action) {
  whenUnauthorized = action;
}

/// Seeds go up to 2^64 and JavaScript's numbers do not: large ones are strings of digits here.
export function parse(text) {
  return JSON.parse(text.replace(/("seed":\s*)(\d{16,})/g, '$1"$2"'));
}

function stringify(value) {
  return JSON.stringify(value).replace(/("seed":)"(\d+)"/g, '$1$2');
}

async function errorOf(response) {
  let error = {};
  try {
    error = parse(await response.text()).error ?? {};
  } catch {
    // Not ours: a proxy's page, say.
  }
  const byStatus = {413: 'too_large', 502: 'unavailable', 503: 'unavailable', 504: 'unavailable'};
  return new ApiError(response.status, error.code ?? byStatus[response.status] ?? 'internal', error.message ?? '', error.field);
}

/// fetch() with our errors; `path` below /api/v1.
export async function request(method, path, {json, body, headers = {}, signal, keepalive} = {}) {
  let response;
  try {
    response = await fetch(kBase + path, {
      method, signal, keepalive, credentials: 'same-origin',
      headers: json === undefined ? headers : {...headers, 'Content-Type': 'application/json'},
      body: json === undefined ? body : stringify(json),
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(0, 'unreachable', String(error.message ?? error));
  }
  if (!response.ok) {
    const error = await errorOf(response);
    if (error.status === 401 && path !== '/session') whenUnauthorized();
    throw error;
  }
  return response;
}

async function call(method, path, options) {
  const response = await request(method, path, options);
  return response.status === 204 ? null : parse(await response.text());
}

function query(values) {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return given.length ? '?' + new URLSearchParams(given) : '';
}

export const getSession = () => call('GET', '/session');
export const signIn = key => call('POST', '/session', {json: {key}});
export const signOut = () => call('DELETE', '/session');

export const getModels = async () => (await call('GET', '/models')).models;
export const getLoras = async () => (await call('GET', '/loras')).loras;
export const getPresets = async () => (await call('GET', '/presets')).presets;
export async function getWildcards() {
  const answer = await call('GET', '/wildcards');
  return answer.wildcards ?? answer.files ?? [];
}
export const expandPrompt = (prompt, limit, signal) => call('POST', '/prompts/expand', {json: {prompt, limit}, signal});

export const submitJob = job => call('POST', '/jobs', {json: job});
export const getJobs = async values => (await call('GET', '/jobs' + query(values))).jobs;
export const getJob = id => call('GET', `/jobs/${encodeURIComponent(id)}`);
export const cancelJob = id => call('POST', `/jobs/${encodeURIComponent(id)}/cancel`);
export const deleteJob = id => call('DELETE', `/jobs/${encodeURIComponent(id)}`);

export const getPictures = values => call('GET', '/pictures' + query(values));
export const getPicture = id => call('GET', `/pictures/${encodeURIComponent(id)}`);
export const deletePicture = (id, keepalive = false) => call('DELETE', `/pictures/${encodeURIComponent(id)}`, {keepalive});
export const tagPicture = (id, tags) => call('PATCH', `/pictures/${encodeURIComponent(id)}`, {json: {tags}});
export const fileUrl = id => `${kBase}/pictures/${encodeURIComponent(id)}/file`;
export const downloadUrl = id => fileUrl(id) + '?download=1';
export const thumbnailUrl = (id, size) => `${kBase}/pictures/${encodeURIComponent(id)}/thumbnail?size=${size}`;

/// `file`: a Blob. Gives {id, width, height, format, record, url}.
export const upload = file => call('POST', '/uploads', {body: file, headers: {'Content-Type': file.type || 'application/octet-stream'}});
