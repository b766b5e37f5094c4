package io.kiln.config;

import java.io.Serializable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A number of bytes, written as 65536, 512KiB, 16MiB or 2GiB. */
public record DataSize(long bytes) implements Serializable {
    private static final Pattern FORM = Pattern.compile("(\\d{1,15})\\s*(B|KiB|MiB|GiB|TiB)?");
    private static final String UNITS = "BKMGT";

    public DataSize {
        if (bytes < 0) {
            throw new IllegalArgumentException(
                    bytes + " bytes are not allowed; expected 0 or more");
        }
    }

    static DataSize parse(String text, String expected) {
        Matcher matcher = FORM.matcher(text.trim());
        if (!matcher.matches()) {
            throw new IllegalArgumentException(expected);
        }
        String unit = matcher.group(2);
        int power = unit == null ? 0 : UNITS.indexOf(unit.charAt(0));
        try {
            return new DataSize(
                    Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << (10 * power)));
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(expected, e);
        }
    }

    /** The size in the largest unit that divides it. */
    @Override
    public String toString() {
        int power = 0;
        long rest = bytes;
        while (rest != 0 && rest % 1024 == 0 && power < UNITS.length() - 1) {
            rest /= 1024;
            power++;
        }
        return power == 0 ? Long.toString(rest) : rest + UNITS.substring(power, power + 1) + "iB";
    }
}
