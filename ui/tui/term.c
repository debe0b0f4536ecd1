#define _XOPEN_SOURCE_EXTENDED 1
#include "ui/tui/term.h"

#include <curses.h>
#include <fcntl.h>
#include <langinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* From term.h, whose macros and struct would clash with ours. */
extern int tputs(const char *s, int lines_affected, int (*put)(int));

/* Codes for the marks of a bracketed paste, above those of curses. */
#define PASTE_BEGIN (KEY_MAX + 1)
#define PASTE_END (KEY_MAX + 2)

struct term {
	SCREEN *screen;
	FILE *in, *out;
	int fd;
	bool owned_fd;
	char notice[200];
	bool ascii, colour, mouse;
	struct grid *shown;
	enum theme theme;
	bool shown_ascii, repaint;
	struct {
		short fg, bg;
	} pairs[64];
	int n_pairs;
};

/* What a signal handler needs to give the terminal back; there is one terminal. */
static struct {
	volatile sig_atomic_t taken;
	int fd;
	struct termios was;
	char reset[128];
	size_t len;
} rescue;

static void
give_back(void)
{
	if (!rescue.taken)
		return;
	rescue.taken = 0;
	ssize_t n = write(STDOUT_FILENO, rescue.reset, rescue.len);
	(void)n;
	tcsetattr(rescue.fd, TCSANOW, &rescue.was);
}

static void
on_fatal(int sig)
{
	give_back();
	signal(sig, SIG_DFL);
	raise(sig);
}

static int
collect(int c)
{
	if (rescue.len + 1 < sizeof rescue.reset)
		rescue.reset[rescue.len++] = (char)c;
	return c;
}

static void
add_capability(const char *cap)
{
	const char *s = tigetstr((char *)cap);

	if (s && s != (char *)-1)
		tputs(s, 1, collect);
}

static void
prepare_rescue(struct term *t)
{
	static const int fatal[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGQUIT };

	rescue.len = 0;
	add_capability("sgr0");
	add_capability("cnorm");
	if (t->mouse)
		for (const char *s = "\033[?1000l"; *s; s++)
			collect(*s);
	add_capability("rmkx");
	add_capability("rmcup");
	collect('\r');
	collect('\n');
	rescue.fd = t->fd;
	rescue.taken = 1;
	atexit(give_back);
	for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++) {
		struct sigaction old;
		sigaction(fatal[i], NULL, &old);
		if (old.sa_handler == SIG_DFL) /* a sanitizer's handler stays */
			signal(fatal[i], on_fatal);
	}
}

/* A symbol that is not in the terminal's font is worse than a plain letter. */
static bool
want_ascii(const struct term_options *opt, const char *name)
{
	static const char *const plain[] = { "vt100", "vt102", "vt220", "vt52", "linux", "ansi",
		"dumb", "cons25", NULL };

	if (opt->ascii != CHOICE_AUTO)
		return opt->ascii == CHOICE_YES;
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		return true;
	for (int i = 0; plain[i]; i++)
		if (strcmp(name, plain[i]) == 0)
			return true;
	return false;
}

static bool
want_colour(const struct term_options *opt)
{
	const char *no = getenv("NO_COLOR");

	if (!has_colors() || opt->colour == CHOICE_NO)
		return false;
	return opt->colour == CHOICE_YES || !no || !no[0];
}

/* TERM as it is, then what most terminals understand, with a notice. */
static SCREEN *
start_screen(struct term *t, const char **used)
{
	const char *env = getenv("TERM"), *names[] = { env, "xterm-256color", "vt100" };
	char shown[40];

	for (size_t i = 0; i < 3; i++) {
		SCREEN *s = newterm(names[i], t->out, t->in);
		if (!s)
			continue;
		*used = names[i];
		text_clean(shown, sizeof shown, env);
		if (i)
			snprintf(t->notice, sizeof t->notice,
				"terminal type %.40s is not known here; used as %s", shown, names[i]);
		return s;
	}
	return NULL;
}

static bool
usable(const struct term_options *opt, struct err *e)
{
	const char *name = getenv("TERM");

	if (!isatty(opt->fd) || !isatty(STDOUT_FILENO))
		return err_set(e, ERR_UNSUPPORTED, "terminal", "isatty", "a terminal",
			"standard input or output is none");
	if (!name || !name[0] || strcmp(name, "dumb") == 0)
		return err_set(e, ERR_UNSUPPORTED, "terminal", "TERM", "a terminal that can move "
			"its cursor", "%s", name && name[0] ? name : "TERM is not set");
	return true;
}

/* Asks the terminal to mark what is pasted; the ones that are known to understand. */
static void
mark_pastes(struct term *t, bool on)
{
	static const char *const names[] = { "xterm", "screen", "tmux", "rxvt", "foot", "kitty",
		"alacritty" };
	const char *name = getenv("TERM");

	for (size_t i = 0; name && i < sizeof names / sizeof *names; i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0) {
			fputs(on ? "\033[?2004h" : "\033[?2004l", t->out);
			fflush(t->out);
			return;
		}
}

static void
modes(struct term *t)
{
	mark_pastes(t, true);
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	define_key("\033[200~", PASTE_BEGIN);
	define_key("\033[201~", PASTE_END);
	nodelay(stdscr, TRUE);
	set_escdelay(50);
	meta(stdscr, TRUE);
	if (t->mouse)
		mousemask(BUTTON1_CLICKED | BUTTON1_DOUBLE_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED,
			NULL);
}

struct term *
term_open(const struct term_options *opt, struct err *e)
{
	struct term *t;
	const char *name = "";

	if (!usable(opt, e))
		return NULL;
	t = calloc(1, sizeof *t);
	if (!t)
		abort();
	t->fd = opt->fd;
	t->mouse = opt->mouse;
	tcgetattr(t->fd, &rescue.was);
	t->in = opt->fd == STDIN_FILENO ? stdin : fdopen(dup(opt->fd), "r");
	t->out = stdout;
	t->screen = t->in ? start_screen(t, &name) : NULL;
	if (!t->screen) {
		err_set(e, ERR_UNSUPPORTED, "terminal", "terminfo", "a terminal type that is known",
			"%s", getenv("TERM"));
		free(t);
		return NULL;
	}
	set_term(t->screen);
	t->ascii = want_ascii(opt, name);
	if (has_colors()) {
		start_color();
		use_default_colors();
	}
	t->colour = want_colour(opt);
	modes(t);
	prepare_rescue(t);
	signal(SIGTSTP, SIG_DFL); /* ncurses' own handler would stop us at any point */
	t->repaint = true;
	return t;
}

void
term_close(struct term *t)
{
	if (!t)
		return;
	mark_pastes(t, false);
	endwin();
	rescue.taken = 0;
	tcsetattr(t->fd, TCSADRAIN, &rescue.was);
	delscreen(t->screen);
	if (t->in != stdin)
		fclose(t->in);
	grid_free(t->shown);
	free(t);
}

const char *
term_notice(const struct term *t)
{
	return t->notice;
}

bool
term_ascii(const struct term *t)
{
	return t->ascii;
}

bool
term_colour(const struct term *t)
{
	return t->colour;
}

void
term_size(struct term *t, int *w, int *h)
{
	(void)t;
	getmaxyx(stdscr, *h, *w);
}

int
term_fd(const struct term *t)
{
	return t->fd;
}

static uint32_t
mouse_key(struct mouse_event *m)
{
	MEVENT ev;

	if (getmouse(&ev) != OK)
		return K_NONE;
	*m = (struct mouse_event){ .x = ev.x, .y = ev.y, .button = 1 };
	if (ev.bstate & BUTTON4_PRESSED)
		m->button = 4;
	else if (ev.bstate & BUTTON5_PRESSED)
		m->button = 5;
	m->twice = (ev.bstate & BUTTON1_DOUBLE_CLICKED) != 0;
	return K_MOUSE;
}

static uint32_t
special(wint_t c, struct mouse_event *m)
{
	static const struct {
		wint_t curses;
		uint32_t key;
	} map[] = { { KEY_UP, K_UP }, { KEY_DOWN, K_DOWN }, { KEY_LEFT, K_LEFT },
		{ KEY_RIGHT, K_RIGHT }, { KEY_HOME, K_HOME }, { KEY_END, K_END },
		{ KEY_PPAGE, K_PGUP }, { KEY_NPAGE, K_PGDN }, { KEY_BACKSPACE, K_BACKSPACE },
		{ KEY_DC, K_DELETE }, { KEY_BTAB, K_BACKTAB }, { KEY_ENTER, K_ENTER },
		{ KEY_RESIZE, K_RESIZE }, { PASTE_BEGIN, K_PASTE },
		{ PASTE_END, K_PASTE_END } };

	if (c == KEY_MOUSE)
		return mouse_key(m);
	if (c >= KEY_F(1) && c <= KEY_F(12))
		return K_F0 + (c - KEY_F0);
	for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
		if (map[i].curses == c)
			return map[i].key;
	return K_NONE;
}

uint32_t
term_key(struct term *t, struct mouse_event *m)
{
	wint_t c;

	(void)t;
	for (;;) {
		int got = get_wch(&c);
		if (got == ERR)
			return K_NONE;
		uint32_t key = got == KEY_CODE_YES ? special(c, m) : c == '\n' ? K_ENTER : (uint32_t)c;
		if (key != K_NONE)
			return key;
	}
}

void
term_resized(struct term *t)
{
	struct winsize ws;

	if (ioctl(t->fd, TIOCGWINSZ, &ws) != 0 || !ws.ws_row || !ws.ws_col)
		return;
	resizeterm(ws.ws_row, ws.ws_col);
	t->repaint = true;
}

void
term_repaint(struct term *t)
{
	t->repaint = true;
}

static short
pair_of(struct term *t, struct look l)
{
	if (l.fg < 0 && l.bg < 0)
		return 0;
	for (int i = 0; i < t->n_pairs; i++)
		if (t->pairs[i].fg == l.fg && t->pairs[i].bg == l.bg)
			return (short)(i + 1);
	if (t->n_pairs == 63 || t->n_pairs + 1 >= COLOR_PAIRS)
		return 0;
	t->pairs[t->n_pairs].fg = l.fg;
	t->pairs[t->n_pairs].bg = l.bg;
	t->n_pairs++;
	init_pair((short)t->n_pairs, l.fg, l.bg);
	return (short)t->n_pairs;
}

static void
put_cell(struct term *t, const struct cell *c, int x, int y, enum theme theme, bool ascii)
{
	struct look l = theme_look(theme, c->style, c->selected);
	wchar_t w[2 + GRID_MARKS] = L" ";
	attr_t attr = A_NORMAL;
	cchar_t out;

	attr |= l.attr & LOOK_BOLD ? A_BOLD : 0;
	attr |= l.attr & LOOK_DIM ? A_DIM : 0;
	attr |= l.attr & LOOK_UNDERLINE ? A_UNDERLINE : 0;
	attr |= l.attr & LOOK_REVERSE ? A_REVERSE : 0;
	if (c->lines)
		w[0] = (wchar_t)grid_line_char(c->lines, ascii);
	else if (ascii)
		w[0] = (wchar_t)(c->cp[0] ? grid_ascii(c->cp[0]) : ' ');
	else
		for (int i = 0; i <= GRID_MARKS && c->cp[i]; i++) {
			w[i] = (wchar_t)c->cp[i];
			w[i + 1] = 0;
		}
	if (c->tail && ascii)
		w[0] = '?';
	setcchar(&out, w, attr, t->colour ? pair_of(t, l) : 0, NULL);
	mvadd_wch(y, x, &out);
}

void
term_draw(struct term *t, const struct grid *g, enum theme theme, bool ascii)
{
	bool all = t->repaint || !t->shown || t->shown->w != g->w || t->shown->h != g->h ||
		t->theme != theme || t->shown_ascii != ascii;

	if (all) {
		erase();
		clearok(stdscr, t->repaint);
		grid_free(t->shown);
		t->shown = grid_new(g->w, g->h);
	}
	for (int y = 0; y < g->h; y++)
		for (int x = 0; x < g->w; x++) {
			const struct cell *c = grid_at(g, x, y);
			if (c->tail && !ascii)
				continue; /* the wide character before it covers this */
			if (all || !grid_cell_equal(c, grid_at(t->shown, x, y)))
				put_cell(t, c, x, y, theme, ascii);
		}
	memcpy(t->shown->cells, g->cells, (size_t)g->w * (size_t)g->h * sizeof *g->cells);
	t->theme = theme;
	t->shown_ascii = ascii;
	t->repaint = false;
	move(g->cy < LINES ? g->cy : LINES - 1, g->cx < COLS ? g->cx : COLS - 1);
	refresh();
}

void
term_suspend(struct term *t)
{
	mark_pastes(t, false);
	def_prog_mode();
	endwin();
	tcsetattr(t->fd, TCSADRAIN, &rescue.was);
	fflush(t->out);
}

void
term_resume(struct term *t)
{
	reset_prog_mode();
	modes(t);
	term_resized(t);
	t->repaint = true;
}

static void
base64(struct text *out, const char *s)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i += 3) {
		unsigned char b[3] = { (unsigned char)s[i] };
		size_t have = n - i < 3 ? n - i : 3;
		for (size_t j = 1; j < have; j++)
			b[j] = (unsigned char)s[i + j];
		char four[4] = { digits[b[0] >> 2], digits[(b[0] & 3) << 4 | b[1] >> 4],
			have > 1 ? digits[(b[1] & 15) << 2 | b[2] >> 6] : '=',
			have > 2 ? digits[b[2] & 63] : '=' };
		text_add_n(out, four, 4);
	}
}

void
term_copy(struct term *t, const char *text)
{
	struct text out = { 0 };
	const char *name = getenv("TERM");
	bool tmux = getenv("TMUX") != NULL, screen = !tmux && name && strncmp(name, "screen", 6) == 0;

	if (strlen(text) > 60000)
		return; /* terminals cut longer ones */
	text_add(&out, "%s\033]52;c;", tmux ? "\033Ptmux;\033" : screen ? "\033P" : "");
	base64(&out, text);
	text_add(&out, "%s%s", "\a", tmux || screen ? "\033\\" : "");
	fwrite(text_str(&out), 1, out.len, t->out);
	fflush(t->out);
	text_free(&out);
}

void
term_print(struct term *t, const char *text)
{
	term_suspend(t);
	fprintf(t->out, "%s\n[any key comes back to the console]\n", text);
	fflush(t->out);
	/* Keys one by one, still: the line discipline was given back above. */
	struct termios one = rescue.was;
	one.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(t->fd, TCSADRAIN, &one);
}

void
term_flush(struct term *t)
{
	(void)t;
	flushinp();
}
