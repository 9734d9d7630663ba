export const trailingSlash = "never";
