/** How every library package is built: one ES module and its declarations, dependencies left outside. */
export default {
  entry: ['src/index.ts'],
  format: 'esm',
  target: 'es2023',
  platform: 'neutral',
  dts: true,
  sourcemap: true,
  clean: true,
};
