"""Reports: a run or a sweep as one HTML file that needs nothing else: data, sections, page; without torch."""
