// Who one is: the key that the server may ask for.
import * as api from '/studio/api.js';
import {$, fill, h, openDialog} from '/studio/dom.js';
import {explain} from '/studio/errors.js';
import {t} from '/studio/i18n.js';
import {set, state} from '/studio/store.js';

/// `signedIn` is called when a key was taken.
export function startSession(signedIn) {
  const dialog = $('#sign-in');
  dialog.setAttribute('closedby', 'none');
  dialog.addEventListener('cancel', event => event.preventDefault());
  api.onUnauthorized(() => askForKey(signedIn));
  $('#sign-out').addEventListener('click', async () => {
    try {
      await api.signOut();
    } finally {
      location.reload();
    }
  });
}

export async function loadSession() {
  const session = await api.getSession();
  set({session});
  $('#sign-out').hidden = !session.keys;
}

/// Shows the dialog unless it is there already.
export function askForKey(signedIn) {
  const dialog = $('#sign-in');
  if (dialog.open) return;
  const key = h('input', {id: 'key', type: 'password', autocomplete: 'current-password', required: true, 'aria-describedby': 'key-problem'});
  const problem = h('div.problem', {id: 'key-problem', role: 'alert', hidden: true});
  const send = async event => {
    event.preventDefault();
    try {
      set({session: await api.signIn(key.value.trim())});
      $('#sign-out').hidden = !state.session.keys;
      dialog.close();
      signedIn();
    } catch (error) {
      const {title, detail} = error.status === 401 ? {title: t('session.wrong_key')} : explain(error);
      problem.hidden = false;
      fill(problem, h('strong', {}, title), detail && h('span', {}, detail));
      key.select();
    }
  };
  fill(dialog, h('form', {onsubmit: send}, h('h2', {id: 'sign-in-title'}, t('session.title')), h('p', {}, t('session.why')),
    h('div.field', {}, h('label', {for: 'key'}, t('session.key')), key), problem,
    h('button.button.primary.wide', {type: 'submit'}, t('session.sign_in'))));
  openDialog(dialog, {light: false});
  key.focus();
}
