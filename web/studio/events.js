// The one stream of server-sent events: read with fetch(), so that a reconnection can send
// Last-Event-ID and misses nothing.
//
// A browser opens six connections to a server at most, for all of its pages together. So a page that
// nobody sees lets go of its stream, and takes it up where it left it when it is shown again. While it
// waits for work it glances at what happened meanwhile: its title tells of it.
import {parse, request} from '/studio/api.js';

const kFirstWait = 500, kLongestWait = 15000;  // milliseconds between attempts
const kSilence = 45000;                        // the server speaks every 15 s; after so long the line is dead
const kGrace = 2000;                           // for how long a hidden page keeps its stream
const kBetweenGlances = 5000;                  // of a hidden page; browsers may make them a minute
const kGlance = 500, kLongestGlance = 3000;    // it ends when nothing came for so long, or after so long
const kRemembered = 20 * 3600 * 1000;          // the server remembers what was removed for a day

/// Follows /events for ever. `on` = {job(data), preview(data), removed(data), online(whether),
/// waits(): whether a hidden page has anything to wait for, missed(): events may have been missed}.
/// Gives back a function that starts anew at once (after signing in, say).
export function followEvents(on) {
  let last = null, heard = 0;                     // the number of the latest event, and when it came
  let wait = kFirstWait, current = null, wake = null;
  let resting = document.hidden, away = false;    // nobody sees the page; it was left

  // Reads until the line ends; a glance ends by itself.
  async function once(glance) {
    const line = current = new AbortController();
    let alarm = 0;
    const endIn = time => {
      clearTimeout(alarm);
      alarm = setTimeout(() => line.abort(), time);
    };
    try {
      endIn(kSilence);
      if (last !== null && Date.now() - heard > kRemembered) {
        last = null;
        on.missed();
      }
      const response = await request('GET', '/events', {
        signal: line.signal, headers: last === null ? {} : {'Last-Event-ID': last},
      });
      on.online(true);
      wait = kFirstWait;
      heard = Date.now();
      const end = heard + kLongestGlance;
      const goOn = () => endIn(glance ? Math.min(kGlance, end - Date.now()) : kSilence);
      goOn();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      const parser = lineParser(event => {
        if (event.id !== null) last = event.id;
        if (on[event.name]) on[event.name](parse(event.data));
      });
      for (;;) {
        const {done, value} = await reader.read();
        if (done) break;
        heard = Date.now();
        goOn();
        parser(value);
      }
    } finally {
      clearTimeout(alarm);
    }
  }

  // Waits so long, or until somebody wakes it: null is for ever.
  const pause = time => new Promise(resolve => {
    wake = resolve;
    if (time !== null) setTimeout(resolve, time);
  });

  // Where the first glance leads, the next ones and the stream go on.
  const glances = () => !away && (last === null || on.waits());

  async function forever() {
    for (;;) {
      const glance = resting;
      let forbidden = false, fell = false;
      try {
        if (!glance || glances()) await once(glance);
      } catch (error) {
        forbidden = error.status === 401;
        fell = error.name !== 'AbortError';
        if (error.status === 400 || error.status === 404) last = null;
      }
      if (forbidden || away) {
        await pause(null);  // until somebody signed in or came back
      } else if (resting) {
        if (fell) on.online(false);
        await pause(kBetweenGlances);
      } else if (!glance) {
        on.online(false);
        await pause(wait);
        wait = Math.min(wait * 2, kLongestWait);
      }
    }
  }
  forever();

  const anew = () => {
    wait = kFirstWait;
    current?.abort();
    wake?.();
  };

  let grace = 0;
  document.addEventListener('visibilitychange', () => {
    clearTimeout(grace);
    if (!document.hidden) {
      if (resting) {
        resting = false;
        anew();
      }
    } else {
      grace = setTimeout(() => {
        resting = true;
        current?.abort();
      }, kGrace);
    }
  });
  // The pages one has left are kept too, and their streams with them.
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
