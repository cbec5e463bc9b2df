/** A TypeDoc plugin: a module is named as its package is, and a link to a folder's index names the folder. */
import { Converter, PageEvent } from 'typedoc';

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_context, reflection) => {
    reflection.name = reflection.name.replace(/^([^/]+)\/src(?:\/index)?$/, '$1');
  });
  app.renderer.on(PageEvent.END, (page) => {
    if (page.contents) page.contents = page.contents.replaceAll('/index/)', '/)');
  });
}
