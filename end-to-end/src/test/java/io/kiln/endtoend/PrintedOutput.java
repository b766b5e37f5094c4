package io.kiln.endtoend;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * What a page says that a command prints, compared with what it prints. Numbers, addresses, folders
 * and spacing differ from run to run, so that only the shape of each line counts: its words.
 */
final class PrintedOutput {
    private PrintedOutput() {}

    /**
     * Lines of the page whose shape is missing in the output, or stands there in another order.
     *
     * @param page what the page shows; the output may hold more lines
     */
    static List<String> missing(String page, String output) {
        List<String> missing = new ArrayList<>();
        List<String> printed = output.lines().map(PrintedOutput::shape).toList();
        Iterator<String> rest = printed.iterator();
        for (String line : page.lines().filter(l -> !l.isBlank()).toList()) {
            String wanted = shape(line);
            boolean found = false;
            while (!found && rest.hasNext()) {
                found = rest.next().equals(wanted);
            }
            if (!found) {
                missing.add(line);
                rest = printed.iterator(); // a line out of order must not hide the lines after it
            }
        }
        return missing;
    }

    static String shape(String line) {
        return line.replaceAll("\\b[0-9a-f]{32,64}\\b", "ID")
                .replaceAll("(file:)?/+[^\\s/]+/[^\\s]*/", "FOLDER/")
                .replaceAll("\\d[\\d,.:]*(?<![.:,])", "N")
                .replaceAll("N ([KMG]?B)\\b", "N B")
                .replaceAll("\\s+", " ")
                .strip();
    }
}
