import { setAttribute } from './dom.js';

/**
 * Lets somebody walk along a drawing by pointer or keyboard. To a screen reader it is a slider whose text says what is
 * there: the arrow keys go to the next point, PageUp and PageDown further, Home and End to the ends; Escape leaves.
 */
export class Reader {
  /**
   * @param element what is pointed at and focused
   * @param options count(): number of points; at(x): the point nearest to a pixel; show(index or null): draws; text(index)
   */
  constructor(element, options) {
    Object.assign(this, { element, ...options, index: null });
    element.tabIndex = 0;
    element.setAttribute('role', 'slider');
    element.setAttribute('aria-valuemin', '0');
    element.addEventListener('pointermove', (e) => this.go(this.at(e.clientX - element.getBoundingClientRect().left)));
    element.addEventListener('pointerleave', () => { if (document.activeElement !== element) this.go(null); });
    element.addEventListener('keydown', (e) => this.key(e));
    element.addEventListener('focus', () => { if (this.index === null && element.matches(':focus-visible')) this.go(this.count() - 1); });
    element.addEventListener('blur', () => this.go(null));
    this.refresh();
  }

  key(event) {
    const last = this.count() - 1;
    const at = this.index ?? last;
    const far = Math.max(1, Math.round(last / 10));
    const to = {
      ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, PageDown: at - far, PageUp: at + far, Home: 0, End: last,
    }[event.key];
    if (event.key === 'Escape') this.go(null);
    if (to === undefined) return;
    event.preventDefault();
    this.go(to);
  }

  go(index) {
    const last = this.count() - 1;
    this.index = index === null || last < 0 ? null : Math.min(Math.max(index, 0), last);
    this.refresh();
  }

  /** Must be called when the drawing has changed. */
  refresh() {
    const last = Math.max(0, this.count() - 1);
    if (this.index !== null && this.index > last) this.index = last;
    setAttribute(this.element, 'aria-valuemax', last);
    setAttribute(this.element, 'aria-valuenow', this.index ?? last);
    setAttribute(this.element, 'aria-valuetext', this.count() === 0 ? 'nothing yet' : this.text(this.index ?? last));
    this.show(this.index);
  }
}
