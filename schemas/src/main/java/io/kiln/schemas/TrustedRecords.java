package io.kiln.schemas;

import org.apache.avro.util.ClassSecurityValidator;
import org.apache.avro.util.ClassSecurityValidator.ClassSecurityPredicate;

/**
 * Lets Avro instantiate Kiln's records. Avro 1.12.2 refuses every generated class that is not
 * declared trusted. This adds the records' package to what is trusted already, once for each class
 * loader.
 */
final class TrustedRecords {
    private static final String PACKAGE = TrustedRecords.class.getPackageName();

    static {
        ClassSecurityPredicate others = ClassSecurityValidator.getGlobal();
        ClassSecurityPredicate own = type -> type.getPackageName().equals(PACKAGE);
        ClassSecurityValidator.setGlobal(ClassSecurityValidator.composite(others, own));
    }

    private TrustedRecords() {}

    /**
     * Called from the static initialisers of all classes that read or write records. Loading this
     * class does the work.
     */
    static void declare() {}
}
