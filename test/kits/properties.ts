/**
 * Tests of properties. By default, fast-check makes no array and no text of more than ten, whatever `maxLength` is. Ten steps do not make a
 * table grow, nor a window run dry.
 */
import fc from 'fast-check';

fc.configureGlobal({ ...fc.readConfigureGlobal(), defaultSizeToMaxWhenMaxSpecified: true });

export { fc };
