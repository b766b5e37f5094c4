package io.kiln.config;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What may be shown of values that can hold passwords, tokens or signatures: the one place that
 * decides it.
 */
public final class Secrets {
    /** Stands where a secret was left out. */
    public static final String HIDDEN = "(hidden)";

    /** Ends of the names of client properties whose values are shown; all others may be secret. */
    private static final Pattern SHOWN =
            Pattern.compile(
                    "(.*[._-])?(protocol|protocols|mechanism|type|location|ms|bytes|algorithm|id|rack|class"
                            + "|records|backoff|dns\\.lookup|name)");

    private static final Pattern SCHEME = Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]*://");

    /** Stands for a secret that is elsewhere, and is none itself. */
    private static final Pattern REFERENCE = Pattern.compile("\\$\\{(file|env):[^}]*}");

    /**
     * A parameter of a query: its name and, if there is one, its value. Also matches without a
     * value and gives nothing back, so that a line full of question marks is read once.
     */
    private static final Pattern PARAMETER = Pattern.compile("([?&;])([^=&;#]*+)(=[^&;#]*+)?");

    private static final Pattern SECRET_PARAMETER =
            Pattern.compile(
                    "(.*[^a-z])?(sig|se|key|code|st)|.*(signature|token|secret|passw|pwd|auth|credential|apikey"
                            + "|api[-_]key|access[-_]?key|policy|session|jwt|hmac).*",
                    Pattern.DOTALL);

    private Secrets() {}

    /** A URL without user and password and without parameters that sign or authorise. */
    public static String url(String url) {
        int authority = authority(url);
        String anonymous = url.substring(0, authority) + url.substring(host(url, authority));
        return PARAMETER
                .matcher(anonymous)
                .replaceAll(
                        found ->
                                Matcher.quoteReplacement(
                                        found.group(3) != null && isSecretParameter(found.group(2))
                                                ? found.group(1) + found.group(2) + "=" + HIDDEN
                                                : found.group()));
    }

    /** A URL with the user and password of another one, or with none if that has none. */
    public static String withUserInfo(String url, String other) {
        int authority = authority(url);
        int theirs = authority(other);
        return url.substring(0, authority)
                + other.substring(theirs, host(other, theirs))
                + url.substring(host(url, authority));
    }

    private static boolean isSecretParameter(String name) {
        return SECRET_PARAMETER.matcher(name.toLowerCase(Locale.ROOT)).matches();
    }

    /** Whether a URL holds a user or a password. */
    static boolean hasUserInfo(String url) {
        int authority = authority(url);
        return host(url, authority) > authority;
    }

    /** Where user, password and host of a URL begin; 0 if it has no scheme. */
    private static int authority(String url) {
        Matcher scheme = SCHEME.matcher(url);
        return scheme.lookingAt() ? scheme.end() : 0;
    }

    /**
     * Where the host of a URL begins, behind a user and a password. A loop and no pattern, which
     * would need a stack as deep as the URL is long.
     *
     * @param authority where they begin, 0 if there are none
     */
    private static int host(String url, int authority) {
        int end = authority;
        while (end < url.length() && authority > 0 && "/?#".indexOf(url.charAt(end)) < 0) {
            int reference = url.startsWith("${", end) ? url.indexOf('}', end) : -1;
            end = Math.max(end, reference) + 1; // a reference may hold the path of a file
        }
        return Math.max(authority, url.lastIndexOf('@', end - 1) + 1);
    }

    /** Whether a text holds a reference to a secret, such as ${env:NAME}. */
    static boolean hasReference(String text) {
        return REFERENCE.matcher(text).find();
    }

    /**
     * Properties of a client, sorted, with references to secrets and with the values that are known
     * to be harmless.
     */
    static Map<String, String> shown(Map<String, String> properties) {
        Map<String, String> shown = new TreeMap<>();
        properties.forEach((name, value) -> shown.put(name, isShown(name, value) ? value : HIDDEN));
        return shown;
    }

    /**
     * @throws IllegalArgumentException if a secret was left out of these properties
     */
    static void requireNotHidden(Map<String, String> properties) {
        if (properties.containsValue(HIDDEN)) {
            throw new IllegalArgumentException(
                    "properties: "
                            + HIDDEN
                            + " stands for a secret that kiln config left out; write the secret itself,"
                            + " or a reference to it such as ${file:/path}");
        }
    }

    private static boolean isShown(String name, String value) {
        return SHOWN.matcher(name).matches() || REFERENCE.matcher(value).matches();
    }

    /** The part of a --set that names the key, which is never secret. */
    static String keyOf(String override) {
        return override.codePoints()
                .takeWhile(c -> Character.isLetterOrDigit(c) || c == '.' || c == '-' || c == '_')
                .mapToObj(Character::toString)
                .collect(Collectors.joining());
    }
}
