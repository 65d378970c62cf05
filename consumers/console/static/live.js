// What an open page needs beyond htmx: a stream that resumes where it was, ages that go on, and a sign of being live.
// Without this file the page still reads; it only does not move.
(function () {
  "use strict";

  var SILENCE_MS = 45000;      // the server says something at least every 15 s
  var HIDDEN_MS = 60000;       // a tab nobody looks at gives its connection back
  var RELOAD_MS = 8000;        // the page reads itself anew; if even that fails, listen again
  var FIRST_MS = 500, MOST_MS = 10000;

  // An EventSource that remembers the id of the last message over reconnects of its own, so nothing is missed.
  function LiveSource(url) {
    this.url = url;
    this.readyState = 0;
    this.onopen = null;
    this.onerror = null;
    this.lastId = "";
    this.listeners = [];
    this.wait = FIRST_MS;
    this.ended = false;
    this.onVisible = this.onVisible.bind(this);
    document.addEventListener("visibilitychange", this.onVisible);
    this.connect();
  }
  LiveSource.prototype.connect = function () {
    if (this.ended || this.inner) { return; }
    var self = this;
    var address = this.lastId ? this.url.replace(/([?&]after=)[^&]*/, "$1" + encodeURIComponent(this.lastId)) : this.url;
    var inner = this.inner = new EventSource(address);
    inner.onopen = function () {
      self.readyState = 1;
      self.wait = FIRST_MS;
      self.heard();
      show("live");
      if (self.onopen) { self.onopen({}); }
    };
    inner.onerror = function () { self.again(); };
    inner.addEventListener("reload", function () {
      self.drop();
      self.retry = setTimeout(function () { self.connect(); }, RELOAD_MS);
    });
    ["hello", "beat"].forEach(function (name) { inner.addEventListener(name, function (event) { self.note(event); }); });
    this.listeners.forEach(function (one) { self.attach(one); });
  };
  LiveSource.prototype.attach = function (one) {
    var self = this;
    this.inner.addEventListener(one.name, function (event) { one.call(event); self.note(event); });
  };
  LiveSource.prototype.note = function (event) {
    if (event.lastEventId) { this.lastId = event.lastEventId; }
    this.heard();
  };
  LiveSource.prototype.heard = function () {
    var self = this;
    clearTimeout(this.silence);
    this.silence = setTimeout(function () { self.again(); }, SILENCE_MS);
  };
  LiveSource.prototype.drop = function () {
    clearTimeout(this.silence);
    clearTimeout(this.retry);
    if (this.inner) { this.inner.close(); this.inner = null; }
    this.readyState = 0;
  };
  LiveSource.prototype.again = function () {
    var self = this;
    this.drop();
    if (this.ended) { return; }
    show("away");
    this.retry = setTimeout(function () { self.connect(); }, this.wait);
    this.wait = Math.min(this.wait * 2, MOST_MS);
  };
  LiveSource.prototype.onVisible = function () {
    var self = this;
    clearTimeout(this.hiding);
    if (document.hidden) {
      this.hiding = setTimeout(function () { self.drop(); show("away"); }, HIDDEN_MS);
    } else if (!this.inner) {
      this.wait = FIRST_MS;
      this.connect();
    }
  };
  LiveSource.prototype.addEventListener = function (name, call) {
    var one = { name: name, call: call };
    this.listeners.push(one);
    if (this.inner) { this.attach(one); }
  };
  LiveSource.prototype.removeEventListener = function (name, call) {
    this.listeners = this.listeners.filter(function (one) { return one.name !== name || one.call !== call; });
  };
  LiveSource.prototype.close = function () {
    this.ended = true;
    this.readyState = 2;
    this.drop();
    document.removeEventListener("visibilitychange", this.onVisible);
  };
  if (window.htmx) { htmx.createEventSource = function (url) { return new LiveSource(url); }; }

  function show(state) {
    var sign = document.getElementById("live");
    if (!sign) { return; }
    sign.hidden = false;
    sign.className = "live " + state;
    sign.textContent = sign.dataset[state];
  }

  // A change is aimed at elements by id; what this page does not hold is left out before htmx would complain.
  document.addEventListener("htmx:sseBeforeMessage", function (event) {
    if (event.detail.type !== "patch") { return; }
    event.preventDefault();
    var parsed = document.createElement("template");
    parsed.innerHTML = event.detail.data;
    parsed.content.querySelectorAll("[hx-swap-oob]").forEach(function (one) {
      if (!document.getElementById(one.id)) { one.remove(); }
    });
    if (parsed.content.querySelector("[hx-swap-oob]")) {
      htmx.swap(event.target, parsed.innerHTML, { swapStyle: "none" });
    }
  });

  // What was just changed is marked for a moment.
  document.addEventListener("htmx:oobAfterSwap", function (event) {
    var target = event.detail.target;
    var fresh = target && (target.id === "timeline" || target.id === "changes" || target.id === "episodes")
      ? target.firstElementChild : target && document.getElementById(target.id);
    if (!fresh) { return; }
    fresh.classList.add("fresh");
    setTimeout(function () { fresh.classList.remove("fresh"); }, 2500);
  });

  // A refused action says why beside the button.
  document.addEventListener("htmx:responseError", function (event) {
    var form = event.detail.elt.closest("form");
    if (!form) { return; }
    var note = form.querySelector(".error") || form.appendChild(document.createElement("span"));
    note.className = "error";
    note.setAttribute("role", "alert");
    note.textContent = event.detail.xhr.responseText.slice(0, 200);
  });

  // As the server writes it (Reader.ago), in the language of the page; "now" is the only word that stands for a number.
  var language = document.documentElement.lang;
  var relative = new Intl.RelativeTimeFormat(language, { style: "short" });
  var present = new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(0, "second");
  function age(at) {
    var s = Math.trunc((Date.now() - at) / 1000), away = Math.abs(s);
    if (away < 1) { return present; }
    var unit = away < 60 ? ["second", 1] : away < 3600 ? ["minute", 60] : away < 86400 ? ["hour", 3600] : ["day", 86400];
    return relative.format(-Math.sign(s) * Math.floor(away / unit[1]), unit[0]);
  }
  setInterval(function () {
    document.querySelectorAll("time[data-ago]").forEach(function (one) {
      var at = Date.parse(one.dateTime);
      if (Math.abs(Date.now() - at) < 7 * 86400000) { one.textContent = age(at); }
    });
  }, 10000);
})();
