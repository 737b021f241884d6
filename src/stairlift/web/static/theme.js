// Before anything is painted: the scheme that the reader chose, if there is one.
try {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // a browser that keeps nothing has the system's scheme
}
document.documentElement.classList.add("scripted");
