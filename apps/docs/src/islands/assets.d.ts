/** What the site's builder makes of imports that are no code. */
declare module '*.css?url' {
  const url: string;
  export default url;
}
