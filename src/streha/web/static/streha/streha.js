// What scripts add: "/" jumps to the search box, and menus and hints close when one clicks or tabs away. Nothing needs it.
(function () {
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      clearHints();
      document.querySelectorAll("details.menu[open]").forEach(function (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
      return;
    }
    if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && event.key !== "/") {
      // A queue is for the keyboard: a button that names a key is pressed by it, unless somebody is typing.
      const busy = document.activeElement;
      if (busy && (busy.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(busy.tagName))) return;
      const button = document.querySelector('[data-key="' + CSS.escape(event.key.toLowerCase()) + '"]');
      if (button) {
        event.preventDefault();
        button.click();
      }
      return;
    }
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = document.activeElement;
    if (at && (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName))) return;
    const box = document.getElementById("find");
    if (box) {
      event.preventDefault();
      box.focus();
      box.select();
    }
  });
  function clearHints() {
    const hints = document.getElementById("find-hints");
    if (hints) hints.replaceChildren();
  }
  function closeOthers(event) {
    if (!event.target.closest || !event.target.closest(".find")) clearHints();
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  }
  document.addEventListener("click", closeOthers);
  document.addEventListener("focusin", closeOthers);
  // A passkey that was cancelled or refused: say so on the page instead of in the console.
  document.addEventListener("allauth.error", function (event) {
    const place = document.getElementById("passkey-error");
    if (place) {
      event.preventDefault();
      place.hidden = false;
      place.focus();
    }
  });
})();
