// Elements of the page: found, made, and changed only where they differ, so that readers of screens and selections are left alone.

/** @param {string} id @returns {HTMLElement} */
export function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`#${id} is not on the page`);
  return found;
}

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} name @param {{ readonly class?: string, readonly text?: string, readonly scope?: string }} [has] @param {readonly Node[]} [children]
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(name, has = {}, children = []) {
  const made = document.createElement(name);
  if (has.class) made.className = has.class;
  if (has.text !== undefined) made.textContent = has.text;
  if (has.scope) made.setAttribute('scope', has.scope);
  made.append(...children);
  return made;
}

/** @param {Element} at @param {string} text */
export function say(at, text) {
  if (at.textContent !== text) at.textContent = text;
}

/** A number and its unit, apart. @param {Element} at @param {string} text */
export function sayAmount(at, text) {
  if (at.getAttribute('data-said') === text) return;
  at.setAttribute('data-said', text);
  const space = text.lastIndexOf(' ');
  if (space < 0) at.textContent = text;
  else at.replaceChildren(`${text.slice(0, space)} `, make('span', { text: text.slice(space + 1) }));
}

/**
 * Rows of a table's body: as many as there are, and no more; the first cell of each is its head.
 * @param {HTMLTableSectionElement} body @param {readonly (readonly string[])[]} rows @param {(cell: HTMLTableCellElement, text: string) => void} [fill]
 */
export function fillRows(body, rows, fill = say) {
  while (body.rows.length > rows.length) body.deleteRow(-1);
  rows.forEach((texts, index) => {
    const row = body.rows[index] ?? body.insertRow();
    texts.forEach((text, column) => {
      const cell = row.cells[column] ?? row.appendChild(make(column === 0 ? 'th' : 'td', column === 0 ? { scope: 'row' } : {}));
      if (column === 0) fill(cell, text);
      else say(cell, text);
    });
  });
}

/** @param {readonly string[]} heads @param {string} caption @returns {HTMLTableElement} */
export function makeTable(heads, caption) {
  const table = make('table', {}, [make('thead', {}, [make('tr', {}, heads.map((text) => make('th', { text, scope: 'col' })))]), make('tbody')]);
  table.setAttribute('aria-label', caption);
  return table;
}
