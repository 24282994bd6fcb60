// What is asked and told: explain, purge, reload, drain, and the token for all of it.
import { ask, keepToken, Refused } from './asking.js';
import { element, make } from './elements.js';

/** @typedef {Readonly<Record<string, Readonly<Record<string, unknown>>>>} Explained */

/** @param {() => void} tokenGiven @returns {{ readonly wantToken: (wrong: boolean) => void, readonly explain: (url: string) => void }} */
export function forms(tokenGiven) {
  const wantToken = tokenForm(tokenGiven);
  const refused = (/** @type {unknown} */ error) => {
    if (error instanceof Refused && error.status === 401) wantToken(true);
  };
  const explain = explainForm(refused);
  purgeForm(refused);
  steering(refused);
  return { wantToken, explain };
}

/** @param {() => void} tokenGiven */
function tokenForm(tokenGiven) {
  const form = /** @type {HTMLFormElement} */ (element('token-form'));
  const input = /** @type {HTMLInputElement} */ (element('token'));
  const told = element('token-told');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    keepToken(input.value);
    input.value = '';
    form.hidden = true;
    told.textContent = '';
    tokenGiven();
  });
  return (/** @type {boolean} */ wrong) => {
    keepToken(undefined);
    told.textContent = wrong ? 'That token is wrong.' : '';
    if (!form.hidden) return;
    form.hidden = false;
    input.focus();
  };
}

/** @param {(error: unknown) => void} refused */
function explainForm(refused) {
  const form = /** @type {HTMLFormElement} */ (element('explain-form'));
  const told = element('explain-told');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const given = new FormData(form);
    const headers = fieldsOf(String(given.get('fields')));
    if (typeof headers === 'string') return tell(told, `${headers} is no field: it needs a name, a colon and a value`, true);
    void telling(form, told, refused, async () => {
      const answer = await ask('api/v1/explain', { method: 'POST', content: { url: String(given.get('url')), method: String(given.get('method')), headers } });
      told.replaceChildren(...explained(/** @type {Explained} */ (await answer.json())));
    });
  });
  return (/** @type {string} */ url) => {
    const input = /** @type {HTMLInputElement} */ (form.elements.namedItem('url'));
    input.value = url;
    input.focus();
    form.requestSubmit();
  };
}

/** @param {(error: unknown) => void} refused */
function purgeForm(refused) {
  const form = /** @type {HTMLFormElement} */ (element('purge-form'));
  const told = element('purge-told');
  const by = /** @type {HTMLSelectElement} */ (form.elements.namedItem('by'));
  const which = /** @type {HTMLInputElement} */ (form.elements.namedItem('which'));
  const suit = () => {
    element('purge-which').hidden = which.disabled = by.value === 'everything';
  };
  by.addEventListener('change', suit);
  suit();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const soft = new FormData(form).has('soft');
    const content = { [by.value]: by.value === 'everything' ? true : which.value, soft };
    void telling(form, told, refused, async () => {
      if (by.value === 'everything' && !(await isSure('Everything that is stored is to be purged?'))) return tell(told, 'Nothing was purged.');
      const { purged } = await (await ask('api/v1/purge', { method: 'POST', content })).json();
      tell(told, `${purged} ${purged === 1 ? 'object' : 'objects'} ${soft ? 'made stale' : 'purged'}.`);
    });
  });
}

/** @param {(error: unknown) => void} refused */
function steering(refused) {
  const told = element('steer-told');
  element('reload').addEventListener('click', (event) => telling(event.currentTarget, told, refused, async () => {
    const answer = await (await ask('api/v1/reload', { method: 'POST', content: {} })).json();
    tell(told, `Reloaded. ${Object.entries(answer).map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(', ')}`);
  }));
  element('drain').addEventListener('click', (event) => telling(event.currentTarget, told, refused, async () => {
    if (!(await isSure('The server finishes the answers under way, and ends?'))) return tell(told, 'It goes on.');
    await ask('api/v1/drain', { method: 'POST', content: {} });
    tell(told, 'It drains.');
  }));
}

/** One at a time of each; what goes wrong is told. @param {EventTarget | null} from @param {HTMLElement} told @param {(error: unknown) => void} refused @param {() => Promise<void>} work */
async function telling(from, told, refused, work) {
  const button = from instanceof HTMLFormElement ? from.querySelector('button') : from instanceof HTMLButtonElement ? from : null;
  if (button?.getAttribute('aria-disabled') === 'true') return;
  button?.setAttribute('aria-disabled', 'true');
  try {
    await work();
  } catch (error) {
    refused(error);
    tell(told, error instanceof Refused ? error.message : 'The server did not answer.', true);
  } finally {
    button?.removeAttribute('aria-disabled');
  }
}

/** @param {HTMLElement} at @param {string} text @param {boolean} [fault] */
function tell(at, text, fault = false) {
  at.replaceChildren(make('span', { text, class: fault ? 'told-fault' : '' }));
}

/** @param {string} question @returns {Promise<boolean>} */
function isSure(question) {
  const dialog = /** @type {HTMLDialogElement} */ (element('sure'));
  element('sure-text').textContent = question;
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true }));
}

/** @param {string} text @returns {Record<string, string> | string} the line that is none, where there is one. */
function fieldsOf(text) {
  /** @type {Record<string, string>} */
  const fields = {};
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const colon = line.indexOf(':');
    if (colon < 1) return line;
    fields[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
  }
  return fields;
}

/** @param {Explained} sections @returns {readonly HTMLElement[]} */
function explained(sections) {
  return Object.entries(sections).flatMap(([title, facts]) => [
    make('h4', { text: title.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`) }),
    make('dl', { class: 'explained' }, Object.entries(facts).flatMap(([name, value]) => [
      make('dt', { text: name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`) }), ...textsOf(value).map((text) => make('dd', { text })),
    ])),
  ]);
}

/** @param {unknown} value @returns {readonly string[]} */
function textsOf(value) {
  if (Array.isArray(value)) return [value.length > 0 ? value.map(String).join('\n') : 'none'];
  return [value === null ? 'none' : typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)];
}
