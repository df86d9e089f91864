import { h, setText } from './dom.js';
import { act, fork, setKey } from './api.js';

/** Asks for confirmation before something is done to a run. Resolves to whether it was done. */
export function confirmAction({ run, action, title, text, button, tone }) {
  return new Promise((resolve) => {
    const problem = h('p', { class: 'problem', role: 'alert' });
    const yes = h('button', { type: 'button', class: tone ?? '', click: go }, button);
    const no = h('button', { type: 'button', class: 'quiet', click: () => dialog.close() }, 'Go back');
    const dialog = h('dialog',
      { 'aria-labelledby': 'dialog-title', 'aria-describedby': 'dialog-text', close: () => { dialog.remove(); resolve(done); } },
      h('h2', { id: 'dialog-title' }, title), h('p', { id: 'dialog-text' }, text), problem, h('div', { class: 'buttons' }, no, yes));
    let done = false;
    document.body.append(dialog);
    dialog.showModal();
    no.focus();

    async function go() {
      [yes.disabled, no.disabled] = [true, true];
      setText(problem, '');
      try {
        await act(run, action);
        done = true;
        dialog.close();
      } catch (e) {
        setText(problem, e.status === 403 ? 'This key may only read; pausing, resuming and cancelling need one with scope write.' : e.message);
        [yes.disabled, no.disabled] = [false, false];
      }
    }
  });
}

/** Asks for the name of a fork and makes it. Resolves to the name; null if nothing was made. */
export function askName({ run, step }) {
  return new Promise((resolve) => {
    const problem = h('p', { class: 'problem', role: 'alert' });
    const input = h('input', { type: 'text', id: 'fork-name', value: `${run}-from-${step}`, autocomplete: 'off', spellcheck: 'false', required: true });
    const no = h('button', { type: 'button', class: 'quiet', click: () => dialog.close() }, 'Go back');
    const yes = h('button', { type: 'submit' }, 'Fork');
    const dialog = h('dialog', { 'aria-labelledby': 'fork-title', close: () => { dialog.remove(); resolve(made); } },
      h('form', { submit: go },
        h('h2', { id: 'fork-title' }, `Fork step ${step}?`),
        h('p', {}, 'A new run with the same settings goes on from this manifest. No weight is copied; it begins when it is resumed.'),
        h('label', { class: 'stacked' }, h('span', {}, 'Name'), input), problem, h('div', { class: 'buttons' }, no, yes)));
    let made = null;
    document.body.append(dialog);
    dialog.showModal();
    input.select();

    async function go(event) {
      event.preventDefault();
      [yes.disabled, no.disabled] = [true, true];
      try {
        await fork(run, step, input.value.trim());
        made = input.value.trim();
        dialog.close();
      } catch (e) {
        setText(problem, e.status === 403 ? 'This key may only read; a fork needs one with scope write.' : e.message);
        [yes.disabled, no.disabled] = [false, false];
      }
    }
  });
}

let open = null;

/** Asks for an API key; resolves once one was given. */
export function askKey(why) {
  return open ??= new Promise((resolve) => {
    const input = h('input', { type: 'password', id: 'key', autocomplete: 'off', spellcheck: 'false', required: true });
    const dialog = h('dialog', { 'aria-labelledby': 'key-title', cancel: (e) => e.preventDefault() },
      h('form', { submit: give },
        h('h2', { id: 'key-title' }, 'API key'), h('p', {}, why),
        h('label', { class: 'stacked' }, h('span', {}, 'Key'), input),
        h('p', { class: 'note' }, 'Kept in this tab only. lisa keys new makes one.'),
        h('div', { class: 'buttons' }, h('button', { type: 'submit' }, 'Go on'))));
    document.body.append(dialog);
    dialog.showModal();
    input.focus();

    function give(event) {
      event.preventDefault();
      setKey(input.value.trim());
      dialog.close();
      dialog.remove();
      open = null;
      resolve();
    }
  });
}
