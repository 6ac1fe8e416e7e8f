/*
 * Pkix - ask Java's PKIX for a path from each EK certificate to the one root
 * that it is told to trust; revocation is not checked.
 *
 *   java Pkix.java DIR...
 *
 * A directory has root.pem, between.pem (in any order) and ek-*.pem.  Prints a
 * line an EK: "ok PATH LENGTH", or "not ok PATH REASON".
 */
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.Set;

public class Pkix {
	static final CertificateFactory X509;
	static {
		try {
			X509 = CertificateFactory.getInstance("X.509");
		} catch (GeneralSecurityException e) {
			throw new ExceptionInInitializerError(e);
		}
	}

	static Collection<? extends Certificate> read(Path file) throws Exception {
		try (InputStream in = Files.newInputStream(file)) {
			return X509.generateCertificates(in);
		}
	}

	static X509Certificate readOne(Path file) throws Exception {
		return (X509Certificate) read(file).iterator().next();
	}

	static int pathLength(Path dir, Path ek) throws Exception {
		X509CertSelector target = new X509CertSelector();
		target.setCertificate(readOne(ek));
		PKIXBuilderParameters parameters = new PKIXBuilderParameters(
			Set.of(new TrustAnchor(readOne(dir.resolve("root.pem")), null)), target);
		parameters.addCertStore(CertStore.getInstance("Collection",
			new CollectionCertStoreParameters(read(dir.resolve("between.pem")))));
		parameters.addCertStore(CertStore.getInstance("Collection",
			new CollectionCertStoreParameters(read(ek))));
		parameters.setRevocationEnabled(false);
		// Intermediates of the EPID era have a critical policy with a
		// qualifier, on silicon too; Java's default is to refuse that.
		parameters.setPolicyQualifiersRejected(false);
		parameters.setMaxPathLength(-1);
		return CertPathBuilder.getInstance("PKIX").build(parameters)
			.getCertPath().getCertificates().size();
	}

	public static void main(String[] args) throws Exception {
		for (String arg : args) {
			Path dir = Path.of(arg);
			try (DirectoryStream<Path> eks = Files.newDirectoryStream(dir, "ek-*.pem")) {
				for (Path ek : eks) {
					try {
						System.out.println("ok " + ek + " " + pathLength(dir, ek));
					} catch (GeneralSecurityException e) {
						System.out.println("not ok " + ek + " " + e);
					}
				}
			}
		}
	}
}
