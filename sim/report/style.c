#include "sim/report/style.h"

/* The assembler looks for the files from the top of the source tree. */
#define PUT(symbol, path)                                                      \
#symbol ":\n\t.incbin \"" path "\"\n" #symbol "_end:\n"

__asm__(".pushsection .rodata\n" PUT(report_css, "sim/report/report.css")
	PUT(chain_css, "sim/report/chain.css") "\t.popsection\n");

#pragma GCC visibility push(hidden)
extern const uint8_t report_css[], report_css_end[];
extern const uint8_t chain_css[], chain_css_end[];
#pragma GCC visibility pop

struct file {
	const uint8_t *begin, *end;
};

static struct span
content(struct file f)
{
	return (struct span){ f.begin, (size_t)(f.end - f.begin) };
}

struct span
style_report(void)
{
	return content((struct file){ report_css, report_css_end });
}

struct span
style_chain(void)
{
	return content((struct file){ chain_css, chain_css_end });
}
