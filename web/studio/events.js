// The one stream of server-sent events: read with fetch(), so that a reconnection can send
// Last-Event-ID and misses nothing.
import {parse, request} from '/studio/api.js';

const kLongestWait = 15000;  // milliseconds between attempts
const kSilence = 45000;      // the server speaks every 15 s; after so long the line is dead

/// Follows /events for ever. `on` = {job(data), preview(data), removed(data), online(whether)}.
/// Gives back a function that starts anew at once (after signing in, say).
export function followEvents(on) {
  let last = null, wait = 500, current = null, wake = null, away = false;

  async function once() {
    current = new AbortController();
    let alarm = 0;
    const alive = () => {
      clearTimeout(alarm);
      alarm = setTimeout(() => current.abort(), kSilence);
    };
    try {
      alive();
      const response = await request('GET', '/events', {
        signal: current.signal, headers: last === null ? {} : {'Last-Event-ID': last},
      });
      on.online(true);
      wait = 500;
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      const parser = lineParser(event => {
        if (event.id !== null) last = event.id;
        if (on[event.name]) on[event.name](parse(event.data));
      });
      for (;;) {
        const {done, value} = await reader.read();
        if (done) break;
        alive();
        parser(value);
      }
    } finally {
      clearTimeout(alarm);
    }
  }

  async function forever() {
    for (;;) {
      let forbidden = false;
      try {
        await once();
      } catch (error) {
        forbidden = error.status === 401;
        if (error.status === 400 || error.status === 404) last = null;
      }
      if (!forbidden && !away) on.online(false);
      await new Promise(resolve => {
        wake = resolve;
        if (!forbidden && !away) setTimeout(resolve, wait);  // else until somebody signed in or came back
      });
      wait = Math.min(wait * 2, kLongestWait);
    }
  }
  forever();

  const anew = () => {
    wait = 500;
    current?.abort();
    wake?.();
  };
  // A browser keeps the pages one has left, and their streams with them: six of those, and it opens
  // no connection to this server any more.
  addEventListener('pagehide', () => {
    away = true;
    current?.abort();
  });
  addEventListener('pageshow', event => {
    away = false;
    if (event.persisted) anew();
  });
  return anew;
}

/// Takes text in pieces and calls `deliver` with {id, name, data} at each blank line, after the
/// HTML standard, section 9.2.6; `retry` is left out.
export function lineParser(deliver) {
  let rest = '', id = null, name = 'message', data = [];
  return piece => {
    rest += piece;
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === '') {
        if (data.length) deliver({id, name, data: data.join('\n')});
        name = 'message';
        data = [];
        continue;
      }
      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'id') id = value;
      else if (field === 'event') name = value;
      else if (field === 'data') data.push(value);
    }
  };
}
