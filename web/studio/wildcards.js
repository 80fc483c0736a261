// {red|blue} and __name__ in a prompt: what will be made of it, counted by the server.
import * as api from '/studio/api.js';

/// The most prompts that one press of the button makes.
export const kMostPrompts = 100;

export const hasWildcards = prompt => /\{[^{}]*\|[^{}]*\}|__[^\s_](?:[^\s]*?[^\s_])?__/.test(prompt);

/// {count, prompts}: all that `prompt` can become, and the first kMostPrompts of them.
export async function expand(prompt, signal) {
  if (!hasWildcards(prompt)) return {count: 1, prompts: [prompt]};
  return api.expandPrompt(prompt, kMostPrompts, signal);
}

/// One of them by chance, or all.
export function choose(prompts, every) {
  return every ? prompts : [prompts[Math.floor(Math.random() * prompts.length)]];
}

/// Puts `words` where the cursor of `field` is, apart from what stands there.
export function insert(field, words) {
  const {selectionStart: from, selectionEnd: to, value} = field;
  const before = value.slice(0, from), after = value.slice(to);
  const gap = before && !/\s$/.test(before) ? ' ' : '';
  field.value = before + gap + words + after;
  const at = (before + gap + words).length;
  field.setSelectionRange(at, at);
  field.dispatchEvent(new Event('input', {bubbles: true}));
}
